import { readFile } from 'node:fs/promises';
import type { Golden } from '@segserve/contract';
import { Fault } from '../domain/fault.ts';
import type { Pixels } from '../domain/image.ts';
import type { Limits } from '../domain/limits.ts';
import { decodeFull } from '../pipeline/decode.ts';
import { readHeader } from '../pipeline/header.ts';

/** Throws Fault `model_invalid` where an answer is further from the expected one than its bound. `where`: whose answer, in words. */
export async function compareGolden(
  where: string,
  made: Uint8Array,
  expectedFile: string,
  kind: 'alpha' | 'labels',
  bounds: Partial<Pick<Golden, 'minAgreement' | 'maxMeanDifference'>>,
  limits: Limits,
): Promise<void> {
  const { minAgreement = 1, maxMeanDifference = 0 } = bounds;
  const [is, shall] = await Promise.all([grey(made, limits), grey(await readFile(expectedFile), limits)]);
  if (is.width !== shall.width || is.height !== shall.height) {
    const expected = `a golden answer of ${is.width}×${is.height} pixels`;
    throw new Fault('model_invalid', `${where}: expected ${expected}, found ${shall.width}×${shall.height}.`);
  }
  if (kind === 'alpha') {
    const difference = meanDifference(is.data, shall.data);
    if (difference <= maxMeanDifference) return;
    const found = `a mean difference of at most ${maxMeanDifference} of 255, found ${difference.toFixed(3)}`;
    throw new Fault('model_invalid', `${where}: expected ${found}.`);
  }
  const share = agreement(is.data, shall.data);
  if (share >= minAgreement) return;
  const found = `expected ${minAgreement} of the pixels to agree, found ${share.toFixed(4)}`;
  throw new Fault('model_invalid', `${where}: ${found}.`);
}

async function grey(png: Uint8Array, limits: Limits): Promise<Pixels> {
  const pixels = await decodeFull(png, await readHeader(png, limits));
  const { data, width, height, channels } = pixels;
  const first = Uint8Array.from({ length: width * height }, (_, index) => data[index * channels]!);
  return { data: first, width, height, channels: 1 };
}

function meanDifference(a: Uint8Array, b: Uint8Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += Math.abs(a[index]! - b[index]!);
  return sum / a.length;
}

function agreement(a: Uint8Array, b: Uint8Array): number {
  let equal = 0;
  for (let index = 0; index < a.length; index++) equal += a[index] === b[index] ? 1 : 0;
  return equal / a.length;
}
