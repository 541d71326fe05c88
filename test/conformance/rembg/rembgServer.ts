import sharp from 'sharp';
import type { SegmentRequest } from '../../../packages/server/src/domain/request.ts';
import type { Sources } from '../../../packages/server/src/domain/sources.ts';
import { FakeEngine } from '../../../packages/server/src/protocols/native/fakeEngine.test-support.ts';
import { rembgWire } from '../../../packages/server/src/protocols/rembg/rembgWire.ts';
import type { RembgSettings } from '../../../packages/server/src/protocols/rembg/settings.ts';
import { type AskOptions, ask, type Reply } from '../../support/ask.ts';
import { closedSources, openWire } from '../../support/wireServer.ts';

export type Field = readonly [name: string, value: string | Uint8Array, filename?: string];

export interface RembgPlace {
  readonly url: string;
  readonly engine: FakeEngine;
  readonly ask: (target: string, options?: AskOptions) => Promise<Reply>;
  /** A form with these fields. */
  readonly post: (fields: readonly Field[], target?: string, headers?: Record<string, string>) => Promise<Reply>;
  /** What the engine was last asked. */
  readonly last: () => SegmentRequest;
}

/** A PNG of 3 × 2 pixels that stands for whatever the engine answers. */
export const answered = await sharp({ create: { width: 3, height: 2, channels: 4, background: '#10203040' } })
  .png()
  .toBuffer();

export const picture: Field = ['file', Buffer.from('a picture'), 'photo.jpg'];

/** The wire on a socket, before an engine that answers everything with the same PNG. */
export async function openRembg(settings: RembgSettings = {}, sources: Sources = closedSources): Promise<RembgPlace> {
  const engine = new FakeEngine();
  answerPng(engine);
  const { url } = await openWire((services) => rembgWire(services, settings), { engine, sources });
  const at = (target: string, options?: AskOptions) => ask(`${url}${target}`, options);
  return {
    url,
    engine,
    ask: at,
    post: (fields, target = '/api/remove', headers = {}) => at(target, { ...formOf(fields, headers) }),
    last: () => engine.requests.at(-1)!,
  };
}

export function answerPng(engine: FakeEngine): void {
  const timings = { queue: 0, decode: 0, preprocess: 0, infer: 0, postprocess: 0, encode: 0 };
  engine.instead = async ({ answers }) => ({
    model: 'portrait:1',
    width: 3,
    height: 2,
    answers: answers.map(({ kind }) => ({ kind, format: 'png', contentType: 'image/png', bytes: answered })),
    timings,
    batchSize: 1,
  });
}

/** multipart/form-data as an ordinary client writes it. */
export function formOf(fields: readonly Field[], headers: Record<string, string> = {}): AskOptions {
  const parts = fields.flatMap(([name, value, filename]) => {
    const file = filename === undefined ? '' : `; filename="${filename}"\r\nContent-Type: application/octet-stream`;
    const head = `--edge\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n`;
    return [Buffer.from(head), Buffer.from(value), Buffer.from('\r\n')];
  });
  const body = Buffer.concat([...parts, Buffer.from('--edge--\r\n')]);
  return { method: 'POST', body, headers: { 'content-type': 'multipart/form-data; boundary=edge', ...headers } };
}

export function detailOf({ bytes }: Reply): unknown {
  return JSON.parse(bytes.toString('utf8')).detail;
}
