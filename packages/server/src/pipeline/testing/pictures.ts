import type { AnswerFormat, AnswerKind } from '@segserve/contract';
import { answerFacts } from '@segserve/contract';
import sharp, { type Sharp } from 'sharp';
import type { Pixels } from '../../domain/image.ts';
import type { AnswerPlan } from '../../domain/request.ts';

export type Rgb = readonly [number, number, number];

/** One colour, RGB. */
export function plainPixels(width: number, height: number, [red, green, blue]: Rgb): Buffer {
  const data = Buffer.alloc(width * height * 3);
  for (let at = 0; at < data.length; at += 3) data.set([red, green, blue], at);
  return data;
}

/** Red, green, blue and white quarters: a picture whose every turn and mirror image differs. */
export function quarters(width: number, height: number): Buffer {
  const data = Buffer.alloc(width * height * 3);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 3) {
      const right = x * 2 >= width;
      const low = y * 2 >= height;
      data.set(low ? (right ? [255, 255, 255] : [0, 0, 255]) : right ? [0, 255, 0] : [255, 0, 0], at);
    }
  }
  return data;
}

export function rgb(data: Uint8Array, width: number, height: number): Sharp {
  return sharp(data, { raw: { width, height, channels: 3 }, limitInputPixels: false });
}

export function png(data: Uint8Array, width: number, height: number): Promise<Buffer> {
  return rgb(data, width, height).png().toBuffer();
}

/** Decoded by sharp without our settings: the tests' second opinion. */
export async function pixelsOf(bytes: Uint8Array): Promise<Omit<Pixels, 'channels'> & { channels: number }> {
  const { data, info } = await sharp(bytes, { limitInputPixels: false }).raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, channels: info.channels };
}

export function plan(kind: AnswerKind, changes: Partial<AnswerPlan> & { format?: AnswerFormat } = {}): AnswerPlan {
  return {
    kind,
    format: answerFacts[kind].formats[0],
    quality: undefined,
    opacity: 0.5,
    foreground: undefined,
    decontaminate: true,
    background: { kind: 'color', rgb: [255, 255, 255] },
    bandPixels: undefined,
    tolerance: 1,
    minArea: 0,
    fillHoles: 0,
    merge: [],
    cocoMask: 'polygon',
    measure: 'margin',
    depth: 8,
    topK: 5,
    colors: undefined,
    trueColor: false,
    levels: undefined,
    keepColors: false,
    ...changes,
  };
}

/** Numbers in 0…1 from a seed; the same in every run. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 16_807) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
