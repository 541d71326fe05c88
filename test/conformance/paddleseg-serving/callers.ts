import assert from 'node:assert/strict';
import sharp, { type Metadata, type Sharp } from 'sharp';
import { paddlesegServingWire } from '../../../packages/server/src/protocols/paddleseg-serving/paddlesegServingWire.ts';
import type { PaddlesegServingSettings } from '../../../packages/server/src/protocols/paddleseg-serving/settings.ts';
import { type AskOptions, ask, type Reply } from '../../support/ask.ts';
import { openWire, type WireServer } from '../../support/wireServer.ts';
import { PictureEngine } from './pictureEngine.ts';

export const fullName = 'baidu.paddle_serving.image_segmentation.ImageSegService';

export interface Place extends WireServer {
  readonly engine: PictureEngine;
  readonly address: string;
}

export async function openPaddlesegServing(settings: PaddlesegServingSettings = {}, listen = {}): Promise<Place> {
  const engine = new PictureEngine();
  const server = await openWire((services) => paddlesegServingWire(services, settings), { engine, listen });
  return { ...server, engine, address: `${server.url}/ImageSegService/inference` };
}

/** A picture of one colour. */
export function photo(width: number, height: number, red = 100, channels: 3 | 4 = 3): Sharp {
  const background = { r: red, g: 30, b: 200, alpha: 1 };
  return sharp({ create: { width, height, channels, background } });
}

/** An instance as the original's client makes it: the length is that of the base64 text. */
export function instance(bytes: Uint8Array): { image_length: number; image_binary: string } {
  const text = Buffer.from(bytes).toString('base64');
  return { image_length: text.length, image_binary: text };
}

export function askWith(place: Place, instances: readonly unknown[], options: AskOptions = {}): Promise<Reply> {
  return ask(place.address, { body: JSON.stringify({ instances }), ...options });
}

/** The masks of a reply: PNG bytes, each from the text in the text. */
export function masksOf(reply: Reply): Buffer[] {
  assert.equal(reply.status, 200, String(reply.bytes));
  const { prediction, ...rest } = JSON.parse(String(reply.bytes)) as { prediction: { info: string }[] };
  assert.deepEqual(rest, {});
  return prediction.map(({ info, ...others }) => {
    assert.deepEqual(others, {});
    return maskIn(info);
  });
}

export function maskIn(info: string): Buffer {
  const { mask, ...rest } = JSON.parse(info) as { mask: string };
  assert.deepEqual(rest, {});
  return Buffer.from(mask, 'base64');
}

/** Width, height, and that it is a grey PNG of 8 bits. */
export async function sizeOf(mask: Buffer): Promise<[number, number]> {
  const { format, width, height, channels, depth }: Metadata = await sharp(mask).metadata();
  assert.deepEqual([format, channels, depth], ['png', 1, 'uchar']);
  return [width, height];
}
