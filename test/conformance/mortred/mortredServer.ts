import assert from 'node:assert/strict';
import sharp from 'sharp';
import { mortredWire } from '../../../packages/server/src/protocols/mortred/mortredWire.ts';
import type { MortredSettings } from '../../../packages/server/src/protocols/mortred/settings.ts';
import type { HttpListenerOptions } from '../../../packages/server/src/transport/http.ts';
import { type AskOptions, ask, type Reply } from '../../support/ask.ts';
import { redPicture } from '../../support/pictures.ts';
import { openWire, type WireServer } from '../../support/wireServer.ts';
import { FakeEngine } from './fakeEngine.ts';

export const prefix = '/mortred_ai_server_v1';
export const bisenetv2 = `${prefix}/scene_segmentation/bisenetv2`;

export interface MortredServer extends WireServer {
  readonly engine: FakeEngine;
}

/** The wire on a real socket; ends with the file of tests. */
export async function mortredServer(
  settings: Partial<MortredSettings> = {},
  listen: Partial<HttpListenerOptions> = {},
): Promise<MortredServer> {
  const engine = new FakeEngine();
  const server = await openWire((services) => mortredWire(services, { models: {}, ...settings }), { engine, listen });
  return { ...server, engine };
}

/** 40 × 30. */
export const picture = await redPicture(200);
export const base64 = picture.toString('base64');
export const goodBody = JSON.stringify({ img_data: base64, req_id: 'abc123' });

export function post(
  server: WireServer,
  path: string,
  body: unknown = goodBody,
  options: AskOptions = {},
): Promise<Reply> {
  const text = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
  return ask(`${server.url}${path}`, { method: 'POST', body: text, ...options });
}

/** The same with what the strict contract wants. */
export function postStrict(
  server: WireServer,
  path: string,
  body: unknown = goodBody,
  options: AskOptions = {},
): Promise<Reply> {
  const headers = { 'content-type': 'application/json', ...options.headers };
  return post(server, path, body, { ...options, headers });
}

export interface Envelope {
  readonly req_id: string;
  readonly code: number;
  readonly msg: string;
  readonly data: unknown;
}

/** The envelope of a reply, after a look at its form: four keys in order, compact. */
export function envelopeOf(reply: Reply): Envelope {
  const text = reply.bytes.toString('utf8');
  const read = JSON.parse(text) as Envelope;
  assert.deepEqual(Object.keys(read), ['req_id', 'code', 'msg', 'data'], text.slice(0, 200));
  return read;
}

export interface Picture {
  readonly format: string | undefined;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly depth: string | undefined;
  readonly first: readonly number[];
}

/** What a base64 field of `data` holds. */
export async function pictureIn(data: unknown, field: string): Promise<Picture> {
  const text = (data as Readonly<Record<string, unknown>>)[field];
  assert.equal(typeof text, 'string', `${field} is a text`);
  const bytes = Buffer.from(text as string, 'base64');
  const { format, width, height, channels, depth } = await sharp(bytes).metadata();
  const first = [...(await sharp(bytes).raw().toBuffer()).subarray(0, channels)];
  return { format, width, height, channels, depth, first };
}
