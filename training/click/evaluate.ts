/**
 * Measures the click pair through segserve itself: each held-out region is clicked as a person would click it, up to
 * five times, and every answer is a mask that the server made.
 *
 *     python training/click/regions.py --data DATA
 *     node training/click/evaluate.ts [--regions FOLDER] [--models FOLDER] [--model click] [--sheets FOLDER]
 *
 * The first click is the middle of the region, each further one the middle of the larger error: the place furthest from
 * its border. Prints the mean intersection ÷ union after 1, 3 and 5 clicks, of the mask with the best predicted IoU:
 * `steps` hands the masks of earlier clicks on, `points` repeats the points alone, `box` is one tight box.
 */
import { mkdir, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { open } from '../../packages/server/src/index.ts';
import { middleOf } from './middleOf.ts';

interface Map2 {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

interface Click {
  readonly x: number;
  readonly y: number;
  readonly label: 0 | 1;
}

const { values: flags } = parseArgs({
  options: {
    regions: { type: 'string', default: path.join(import.meta.dirname, '../.work/click-regions') },
    models: { type: 'string', multiple: true, default: [] },
    model: { type: 'string', default: 'click' },
    sheets: { type: 'string' },
    threads: { type: 'string', default: '2' },
  },
});

const counted = [1, 3, 5];
await using segserve = await open({ model: flags.model, folders: flags.models, threads: Number(flags.threads) });

const names = (await readdir(flags.regions)).filter((file) => file.endsWith('-region.png')).toSorted();
const rows: { readonly kind: string; readonly way: string; readonly ious: readonly number[] }[] = [];
for (const file of names) {
  const name = file.slice(0, -'-region.png'.length);
  const kind = name.slice(name.indexOf('-') + 1);
  const picture = await readFile(path.join(flags.regions, `${name}.png`));
  const truth = await grey(await readFile(path.join(flags.regions, file)));
  for (const way of ['steps', 'points'] as const)
    rows.push({ kind, way, ious: await clicked(picture, truth, way, name) });
  rows.push({ kind, way: 'box', ious: [iou(await masked(picture, { boxes: [boxOf(truth)] }), truth)] });
}
print();

async function clicked(picture: Buffer, truth: Map2, way: 'steps' | 'points', name: string): Promise<number[]> {
  const points: Click[] = [];
  const ious: number[] = [];
  let answer: Map2 = { ...truth, data: new Uint8Array(truth.data.length) };
  for (let click = 1; click <= Math.max(...counted); click++) {
    const next = nextClick(truth, answer);
    if (next) {
      points.push(next);
      const previous = points.slice(0, -1).map((_, at) => ({ points: points.slice(0, at + 1) }));
      answer = await masked(picture, { points, ...(way === 'steps' ? { previous } : {}) });
    }
    if (counted.includes(click)) ious.push(iou(answer, truth));
    if (click === 3 && way === 'steps' && flags.sheets !== undefined) await sheet(name, picture, answer, points);
  }
  return ious;
}

type Prompts = NonNullable<NonNullable<Parameters<typeof segserve.segment>[1]>['prompts']>;

async function masked(picture: Buffer, prompts: Prompts): Promise<Map2> {
  const { answers } = await segserve.segment(picture, { answer: ['labels'], prompts });
  return grey(answers[0]!.bytes);
}

async function grey(png: Uint8Array): Promise<Map2> {
  const { data, info } = await sharp(png).extractChannel(0).raw().toBuffer({ resolveWithObject: true });
  return { data: data.map((value) => (value > 0 ? 1 : 0)), width: info.width, height: info.height };
}

function nextClick(truth: Map2, answer: Map2): Click | undefined {
  const { width, height } = truth;
  const missed = middleOf(
    truth.data.map((value, at) => (value === 1 && answer.data[at] === 0 ? 1 : 0)),
    width,
    height,
  );
  const extra = middleOf(
    truth.data.map((value, at) => (value === 0 && answer.data[at] === 1 ? 1 : 0)),
    width,
    height,
  );
  if (missed.distance === 0 && extra.distance === 0) return undefined;
  return missed.distance >= extra.distance
    ? { x: missed.x, y: missed.y, label: 1 }
    : { x: extra.x, y: extra.y, label: 0 };
}

function boxOf({ data, width, height }: Map2) {
  let [x0, y0, x1, y1] = [width, height, 0, 0];
  for (let at = 0; at < data.length; at++) {
    if (data[at] === 0) continue;
    const [x, y] = [at % width, Math.floor(at / width)];
    [x0, y0, x1, y1] = [Math.min(x0, x), Math.min(y0, y), Math.max(x1, x + 1), Math.max(y1, y + 1)];
  }
  return { x0, y0, x1: Math.min(x1, width - 1), y1: Math.min(y1, height - 1) };
}

function iou(a: Map2, b: Map2): number {
  let [both, either] = [0, 0];
  for (let at = 0; at < a.data.length; at++) {
    both += a.data[at]! & b.data[at]!;
    either += a.data[at]! | b.data[at]!;
  }
  return either === 0 ? 1 : both / either;
}

/** The picture with the answer in red and the clicks, to look at. */
async function sheet(
  name: string,
  picture: Buffer,
  { data, width, height }: Map2,
  points: readonly Click[],
): Promise<void> {
  await mkdir(flags.sheets!, { recursive: true });
  const veil = Buffer.alloc(width * height * 4);
  for (let at = 0; at < data.length; at++) if (data[at]) veil.set([255, 0, 0, 110], at * 4);
  const dots = points.map(
    ({ x, y, label }) => `<circle cx="${x}" cy="${y}" r="4" stroke="white" fill="${label ? 'lime' : 'blue'}"/>`,
  );
  const marks = Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${dots.join('')}</svg>`,
  );
  const layers = [{ input: veil, raw: { width, height, channels: 4 as const } }, { input: marks }];
  await sharp(picture)
    .composite(layers)
    .png()
    .toFile(path.join(flags.sheets!, `${name}.png`));
}

function print(): void {
  const kinds = ['all', ...new Set(rows.map(({ kind }) => kind))];
  for (const kind of kinds) {
    for (const way of ['steps', 'points', 'box']) {
      const chosen = rows.filter((row) => row.way === way && (kind === 'all' || row.kind === kind));
      const means = chosen[0]!.ious.map((_, at) => chosen.reduce((sum, row) => sum + row.ious[at]!, 0) / chosen.length);
      const after = way === 'box' ? 'box' : `after ${counted.join(', ')} clicks`;
      console.log(`${kind} (${chosen.length}) ${way} ${after}: ${means.map((mean) => mean.toFixed(3)).join(' ')}`);
    }
  }
}
