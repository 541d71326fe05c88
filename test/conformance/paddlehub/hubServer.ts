import { mediaTypes } from '@segserve/contract';
import sharp from 'sharp';
import type { Engine } from '../../../packages/server/src/domain/engineDoor.ts';
import { Fault } from '../../../packages/server/src/domain/fault.ts';
import type { AnswerRequest, SegmentRequest, SegmentResult } from '../../../packages/server/src/domain/request.ts';
import type { Sources } from '../../../packages/server/src/domain/sources.ts';
import { paddlehubWire } from '../../../packages/server/src/protocols/paddlehub/paddlehubWire.ts';
import type { PaddlehubSettings } from '../../../packages/server/src/protocols/paddlehub/settings.ts';
import type { HttpListenerOptions } from '../../../packages/server/src/transport/http.ts';
import { openWire, type WireServer } from '../../support/wireServer.ts';

export interface HubServer extends WireServer {
  /** What the engine was asked, in order. */
  readonly requests: SegmentRequest[];
}

export interface HubServerOptions {
  readonly settings?: PaddlehubSettings;
  readonly sources?: Sources;
  readonly listen?: Partial<HttpListenerOptions>;
  /** Called before each answer; throws to fail it. */
  readonly onSegment?: (request: SegmentRequest, index: number) => void | Promise<void>;
}

/** The wire on a real socket, with an engine that answers every picture with pictures of its size. */
export async function hubServer({ settings = {}, onSegment, ...options }: HubServerOptions = {}): Promise<HubServer> {
  const requests: SegmentRequest[] = [];
  const engine = {
    segment: async (request: SegmentRequest) => {
      requests.push(request);
      await onSegment?.(request, requests.length - 1);
      return resultOf(request);
    },
  } as Partial<Engine> as Engine;
  const server = await openWire((services) => paddlehubWire(services, settings), { engine, ...options });
  return { ...server, requests };
}

async function resultOf(request: SegmentRequest): Promise<SegmentResult> {
  const { width, height } = await sharp(request.image)
    .metadata()
    .catch(() => {
      throw new Fault('unsupported_image', 'Expected an image but received something else.');
    });
  const answers = await Promise.all(request.answers.map((answer) => answerOf(answer, width, height)));
  const timings = { queue: 0, decode: 1, preprocess: 1, infer: 1, postprocess: 1, encode: 1 };
  return { model: request.model, width, height, answers, timings, batchSize: 1 };
}

async function answerOf({ kind, format = 'png', quality }: AnswerRequest, width: number, height: number) {
  const channels = kind === 'cutout' ? 4 : kind === 'overlay' ? 3 : 1;
  // As many rows of 200 as the picture is high, so that answers of different pictures differ.
  const pixels = Buffer.alloc(width * height * channels, 200);
  const picture = sharp(pixels, { raw: { width, height, channels } });
  const grey = channels === 1 ? picture.toColourspace('b-w') : picture;
  const bytes = await (format === 'jpeg' ? grey.jpeg({ quality: quality ?? 80 }) : grey.png()).toBuffer();
  return { kind, format, contentType: mediaTypes[format], bytes };
}

/** A picture as base64. */
export async function photo(width = 40, height = 20): Promise<string> {
  const background = { r: 200, g: 100, b: 50 };
  const bytes = await sharp({ create: { width, height, channels: 3, background } })
    .png()
    .toBuffer();
  return bytes.toString('base64');
}

export interface HubReply {
  readonly http: number;
  readonly type: string | null;
  readonly text: string;
  /** Undefined where it is none. */
  readonly body: { status: string; msg: unknown; results: unknown } | undefined;
  /** Of the body. */
  readonly results: unknown;
  readonly msg: unknown;
}

/** Posts a body, given as text or as what is to be JSON, to `/predict/<module>`. */
export async function predict(
  server: WireServer,
  body: unknown,
  { module = 'humanseg_server', type = 'application/json' }: { module?: string; type?: string | null } = {},
): Promise<HubReply> {
  const reply = await fetch(`${server.url}/predict/${module}`, {
    method: 'POST',
    // Bytes: to a text fetch would add a type of its own.
    body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    headers: type === null ? {} : { 'content-type': type },
  });
  return hubReply(reply);
}

export async function hubReply(reply: Response): Promise<HubReply> {
  const text = await reply.text();
  const type = reply.headers.get('content-type');
  const body = type === 'application/json' ? JSON.parse(text) : undefined;
  return { http: reply.status, type, text, body, results: body?.results, msg: body?.msg };
}

/** What a base64 text of a reply holds. */
export async function pictureOf(base64: unknown) {
  const { format, width, height, channels } = await sharp(Buffer.from(String(base64), 'base64')).metadata();
  return { format, width, height, channels };
}
