import type { AnswerKind, ModelDetail } from '@segserve/contract';
import sharp from 'sharp';
import type { Engine } from '../../../packages/server/src/domain/engineDoor.ts';
import { Fault } from '../../../packages/server/src/domain/fault.ts';
import type { SegmentRequest, SegmentResult } from '../../../packages/server/src/domain/request.ts';
import { npyBytes } from '../../../packages/server/src/pipeline/encode/npy.ts';
import { bentomlWire } from '../../../packages/server/src/protocols/bentoml/bentomlWire.ts';
import type { BentomlSettings } from '../../../packages/server/src/protocols/bentoml/settings.ts';
import { type AskOptions, ask, type Reply } from '../../support/ask.ts';
import { openWire } from '../../support/wireServer.ts';

/** The class map that the stand-in finds in every picture: two rows of three. */
export const classMap = Uint8Array.of(0, 0, 15, 7, 15, 0);
export const classMapText = '[[0, 0, 15], [7, 15, 0]]';

const mapPng = await sharp(Buffer.from(classMap), { raw: { width: 3, height: 2, channels: 1 } })
  .toColourspace('b-w')
  .png()
  .toBuffer();

const answers: Partial<Record<AnswerKind, () => Uint8Array>> = {
  tensor: () => npyBytes(classMap, [2, 3]),
  labels: () => mapPng,
  color: () => mapPng,
  topk: () => Buffer.from('{"classes":[{"id":281,"label":"cat","score":0.9}]}'),
  stats: () => Buffer.from('{"width":3,"height":2,"classes":[{"id":15,"label":"Katze \u00e9"}]}'),
};

/** Writes down what it is asked and answers without pixels, unless told to do something else. */
export class StandInEngine implements Engine {
  readonly requests: SegmentRequest[] = [];
  instead: ((request: SegmentRequest) => Promise<SegmentResult>) | undefined;
  tensor: Uint8Array = npyBytes(classMap, [2, 3]);

  async segment(request: SegmentRequest): Promise<SegmentResult> {
    this.requests.push(request);
    return this.instead ? this.instead(request) : this.answer(request);
  }

  answer({ answers: asked }: SegmentRequest): SegmentResult {
    const made = asked.map(({ kind, format = 'png' }) => {
      const bytes = kind === 'tensor' ? this.tensor : answers[kind]?.();
      if (!bytes) throw new Fault('unknown_answer', `This model has no ${kind}.`);
      return { kind, format, contentType: 'application/octet-stream', bytes };
    });
    const timings = { queue: 0, decode: 1, preprocess: 1, infer: 1, postprocess: 1, encode: 1 };
    return { model: 'scene:1', width: 3, height: 2, answers: made, timings, batchSize: 4 };
  }

  /** The next requests fail so. */
  fail(fault: Fault): void {
    this.instead = () => Promise.reject(fault);
  }

  model(ref: string): ModelDetail {
    const task = { scene: 'semantic', animals: 'classification', portrait: 'matting' }[ref];
    if (task === undefined) throw new Fault('unknown_model', `Unknown model "${ref}".`);
    return { name: ref, version: '1', task } as ModelDetail;
  }

  infer = () => Promise.reject(new Fault('internal', 'not for this wire'));
  signature = () => ({ inputs: [], outputs: [] });
  load = async () => {};
  unload = async () => {};
  models = () => [];
  notReady = () => undefined;
  status = (): never => {
    throw new Fault('internal', 'not for this wire');
  };
  close = async () => {};
}

export interface BundleServer {
  readonly engine: StandInEngine;
  readonly url: string;
  /** POSTs a body to an API. */
  call(path: string, body?: Uint8Array | string, headers?: Record<string, string>): Promise<Reply>;
  get(path: string, options?: AskOptions): Promise<Reply>;
}

/** One bundle on a real socket; ends with the file's tests. */
export async function bundleServer(settings: BentomlSettings = {}): Promise<BundleServer> {
  const engine = new StandInEngine();
  const { url } = await openWire((services) => bentomlWire(services, { models: { net: 'scene' }, ...settings }), {
    engine,
  });
  return {
    engine,
    url,
    call: (path, body = 'picture', headers = {}) => ask(`${url}${path}`, { method: 'POST', body, headers }),
    get: (path, options) => ask(`${url}${path}`, options),
  };
}

export function text({ bytes }: Reply): string {
  return bytes.toString('utf8');
}

export interface Part {
  readonly field: string;
  readonly fileName?: string;
  readonly bytes: Uint8Array | string;
}

/** multipart/form-data as curl and requests write it. */
export function formOf(parts: readonly Part[]): { body: Buffer; headers: Record<string, string> } {
  const boundary = 'b0undary';
  const pieces = parts.flatMap(({ field, fileName, bytes }) => {
    const name = fileName === undefined ? '' : `; filename="${fileName}"`;
    return [
      Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${field}"${name}\r\n\r\n`),
      Buffer.from(bytes),
      Buffer.from('\r\n'),
    ];
  });
  const body = Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)]);
  return { body, headers: { 'content-type': `multipart/form-data; boundary=${boundary}` } };
}
