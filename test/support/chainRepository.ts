import { after } from 'node:test';
import { type AnswerKind, InstancesSchema } from '@segserve/contract';
import type { Engine } from '../../packages/server/src/domain/engineDoor.ts';
import type { Region } from '../../packages/server/src/domain/geometry.ts';
import { defaultLimits } from '../../packages/server/src/domain/limits.ts';
import type { SegmentRequest } from '../../packages/server/src/domain/request.ts';
import { openInProcess } from '../../packages/server/src/engine/inProcess.ts';
import { findModels, resolveModel } from '../../packages/server/src/models/repository.ts';
import { pixelsOf, png, randomFrom, rgb } from '../../packages/server/src/pipeline/testing/pictures.ts';
import {
  type Found,
  writeChain,
  writeColorClasses,
  writeColorNamer,
  writeFinder,
  writePickyMatte,
} from './chainPackages.ts';
import { writeColorClicks } from './promptPackages.ts';
import { temporaryFolder } from './temporaryFolder.ts';
import { writeRedMatte } from './tinyPackages.ts';
import { writeTrimapModel } from './trimapPackages.ts';

/** A repository of tiny packages and chains of them, an engine that has it loaded, and what tests ask of both. */
const root = temporaryFolder();
const cups: readonly Found[] = [
  [4, 8, 24, 40, 0, 0.9],
  [16, 16, 48, 56, 0, 0.8],
  [40, 4, 60, 20, 1, 0.95],
  [0, 56, 4, 64, 0, 0.6],
];
const many = Array.from({ length: 1000 }, (_, at): Found => {
  const [x, y] = [(at % 32) * 2, Math.floor(at / 32) * 2];
  return [x, y, x + 2, y + 2, 0, 0.5 + ((at * 7) % 1000) / 2001];
});
writeFinder(root, 'finder', cups);
writeFinder(root, 'swarm', many);
writeRedMatte(root, 'matte');
writePickyMatte(root, 'picky');
writeColorClasses(root, 'colours');
// Of one place it says another class in each crop.
writeColorClasses(root, 'coarse', { input: { size: { rule: 'fixed', width: 4, height: 4 } } });
writeColorNamer(root, 'namer');
writeColorNamer(root, 'things', ['cup', 'spoon', 'fork']);

export const find = { name: 'found', kind: 'model', model: 'finder' } as const;
export const cut = { name: 'cut', kind: 'crops', of: 'found', model: 'matte' } as const;
writeChain(root, 'cutter', [find, { ...cut, classes: ['cup'], margin: 0.25 }]);
writeChain(root, 'strict', [find, { ...cut, model: 'picky', margin: 0 }]);
writeChain(root, 'nothing', [{ ...find, scoreThreshold: 0.99 }, cut]);
writeChain(root, 'nothing-classes', [
  { ...find, scoreThreshold: 0.99 },
  { ...cut, model: 'colours' },
]);
writeChain(root, 'nothing-things', [
  { ...find, scoreThreshold: 0.99 },
  { ...cut, paste: 'things' },
]);
writeChain(root, 'best', [
  { ...find, model: 'swarm', maxInstances: 1000 },
  { ...cut, most: 5, margin: 0 },
]);
writeChain(root, 'alone', [{ name: 'only', kind: 'model', model: 'colours' }]);
writeChain(root, 'alone-matte', [{ name: 'only', kind: 'model', model: 'matte' }]);
writeChain(root, 'sharper', [find, { ...cut, model: 'colours', margin: 0, paste: 'things' }]);
writeChain(root, 'painted', [find, { ...cut, model: 'coarse', margin: 0 }]);
writeChain(root, 'regions', [
  { name: 'red', kind: 'model', model: 'colours' },
  { ...cut, of: 'red', classes: ['red'], margin: 0, minArea: 20, most: 2 },
]);
writeChain(root, 'chooser', [
  { name: 'colour', kind: 'model', model: 'namer' },
  { name: 'routed', kind: 'route', by: 'colour', cases: { red: 'matte' }, default: 'picky', minScore: 0.5 },
]);
writeChain(root, 'namer-chain', [{ name: 'colour', kind: 'model', model: 'namer' }]);
writeChain(root, 'nested', [
  { name: 'found', kind: 'model', model: 'sharper' },
  { name: 'cut', kind: 'crops', of: 'found', classes: ['cup'], margin: 0.25, model: 'regions' },
]);
writeChain(root, 'all-finders', [find, { ...cut, margin: 0, model: 'finder' }]);
writeChain(root, 'finders', [find, { ...cut, classes: ['spoon'], margin: 0, model: 'finder' }]);

writeColorClasses(root, 'scenery', { labels: ['cup', 'wall', 'floor'], background: undefined });
writeChain(root, 'panorama', [
  find,
  { name: 'map', kind: 'model', model: 'scenery' },
  { name: 'all', kind: 'panoptic', semantic: 'map', instances: 'found', classes: { spoon: 'cup' }, stuffAreaMin: 0 },
]);
writeColorClicks(root, 'clicks');
writeChain(root, 'shown', [find, { name: 'shown', kind: 'prompts', of: 'found', model: 'clicks', classes: ['cup'] }]);
writeChain(root, 'shown-nothing', [
  { ...find, scoreThreshold: 0.99 },
  { name: 'shown', kind: 'prompts', of: 'found', model: 'clicks' },
]);

writeTrimapModel(root, 'needy', { input: 'own', encoding: 'onehot', answers: 'affinity' });
writeChain(root, 'matted', [
  { name: 'red', kind: 'model', model: 'colours' },
  { name: 'matte', kind: 'model', model: 'needy', trimap: { of: 'red', classes: ['red'], band: 3 / 128 } },
]);

export const known = await findModels([root]);

export async function open(...names: string[]): Promise<Engine> {
  const models = names.length === 0 ? known : names.map((name) => resolveModel(known, name));
  const engine = await openInProcess({ models, limits: defaultLimits, threads: 1 });
  after(() => engine.close());
  return engine;
}

export const engine = await open();
export const [width, height] = [128, 96];
export const noise = noisePicture(1);
export const photo = await png(noise, width, height);

/** Blocks of 8×8 in random colours, so that classes have regions. */
export function noisePicture(seed: number): Buffer {
  const random = randomFrom(seed);
  const data = Buffer.alloc(width * height * 3);
  const blocks = Array.from({ length: 16 * 12 }, () => [random() * 255, random() * 255, random() * 64]);
  for (let at = 0; at < width * height; at++) {
    const [x, y] = [at % width, Math.floor(at / width)];
    data.set(blocks[Math.floor(y / 8) * 16 + Math.floor(x / 8)]!.map(Math.round), at * 3);
  }
  return data;
}

export async function answered(model: string, kind: AnswerKind, words: Partial<SegmentRequest> = {}, on = engine) {
  const result = await on.segment({ model, image: photo, answers: [{ kind }], ...words });
  return { ...result, bytes: result.answers[0]!.bytes };
}

export async function grey(bytes: Uint8Array): Promise<Uint8Array> {
  const { data, channels } = await pixelsOf(bytes);
  return Uint8Array.from({ length: data.length / channels }, (_, at) => data[at * channels]!);
}

export async function mapOf(model: string, kind: AnswerKind, words: Partial<SegmentRequest> = {}): Promise<Uint8Array> {
  return grey((await answered(model, kind, words)).bytes);
}

export async function instancesOf(model: string, words: Partial<SegmentRequest> = {}) {
  const { bytes } = await answered(model, 'instances', words);
  return InstancesSchema.parse(JSON.parse(Buffer.from(bytes).toString())).instances;
}

/** The picture cut out by hand, and a model asked about it alone. */
export async function ofCrop(model: string, kind: AnswerKind, { x, y, ...size }: Region): Promise<Uint8Array> {
  const image = await rgb(noise, width, height)
    .extract({ left: x, top: y, ...size })
    .png()
    .toBuffer();
  return mapOf(model, kind, { image });
}

export function paste(
  whole: Uint8Array,
  part: Uint8Array,
  crop: Region,
  put: (old: number, fresh: number) => number,
): void {
  for (const [at, fresh] of part.entries()) {
    const to = (crop.y + Math.floor(at / crop.width)) * width + crop.x + (at % crop.width);
    whole[to] = put(whole[to]!, fresh);
  }
}
