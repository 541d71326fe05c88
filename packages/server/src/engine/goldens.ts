import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Golden } from '@segserve/contract';
import { Fault } from '../domain/fault.ts';
import type { Pixels } from '../domain/image.ts';
import type { Limits } from '../domain/limits.ts';
import { type PictureSpec, takesPictures } from '../domain/modelSpec.ts';
import { decodeFull } from '../pipeline/decode.ts';
import { readHeader } from '../pipeline/header.ts';
import type { Opened } from '../pipeline/opened.ts';
import { planAnswers } from './plan.ts';

/**
 * Runs every golden picture of the package through the whole pipeline and compares. Throws Fault `model_invalid` that
 * names the first picture outside its bound: the model is not what its maker proved. Resolves to how many there were.
 */
export async function checkGoldens(model: Opened, limits: Limits): Promise<number> {
  const { spec } = model;
  if (!takesPictures(spec)) return 0;
  const { golden: goldens } = spec.manifest;
  for (const golden of goldens) await checkGolden(model, spec, golden, limits);
  return goldens.length;
}

async function checkGolden(model: Opened, spec: PictureSpec, golden: Golden, limits: Limits): Promise<void> {
  const isMatting = spec.manifest.task === 'matting';
  const image = await readFile(path.join(spec.folder, golden.image));
  const made = await answer(model, spec, image, isMatting ? 'alpha' : 'labels', limits);
  const [is, shall] = await Promise.all([
    grey(made, limits),
    grey(await readFile(path.join(spec.folder, golden.expected)), limits),
  ]);
  const where = `${spec.ref}: golden ${golden.image}`;
  if (is.width !== shall.width || is.height !== shall.height) {
    const expected = `a golden answer of ${is.width}×${is.height} pixels`;
    throw new Fault('model_invalid', `${where}: expected ${expected}, found ${shall.width}×${shall.height}.`);
  }
  if (isMatting) {
    const difference = meanDifference(is.data, shall.data);
    if (difference <= golden.maxMeanDifference) return;
    const found = `a mean difference of at most ${golden.maxMeanDifference} of 255, found ${difference.toFixed(3)}`;
    throw new Fault('model_invalid', `${where}: expected ${found}.`);
  }
  const share = agreement(is.data, shall.data);
  if (share >= golden.minAgreement) return;
  throw new Fault(
    'model_invalid',
    `${where}: expected ${golden.minAgreement} of the pixels to agree, found ${share.toFixed(4)}.`,
  );
}

async function answer(
  model: Opened,
  spec: PictureSpec,
  image: Uint8Array,
  kind: 'alpha' | 'labels',
  limits: Limits,
): Promise<Uint8Array> {
  const answers = planAnswers(spec, [{ kind, format: 'png' }]);
  const { threshold } = spec.manifest.output;
  const header = await readHeader(image, limits);
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  await model.segment([{ image, header, answers, threshold }], (_, outcome) => {
    if ('fault' in outcome) reject(outcome.fault);
    else resolve(outcome.result.answers[0]!.bytes);
  });
  return promise;
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
