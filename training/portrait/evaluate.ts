/**
 * Measures the portrait model through segserve itself: each photo goes in as a file, the alpha comes out as a PNG of the
 * photo's own size, and is compared with the label there.
 *
 *     node training/portrait/evaluate.ts --data DATA [--model FOLDER] [--other TEACHER.onnx] [--empty PHOTO]... [--mixed PHOTO]... [--sheet OUT.png]
 *
 * DATA holds ccp/photos and ccp/labels; only the validation photos are read. --model: the folder of another portrait package.
 * --empty: photos without people, where alpha should be 0. --mixed: photos of people without a label, where both models'
 * masks are compared with each other. --sheet: photo and cut-outs, the worst validation photos last.
 */
import { createHash } from 'node:crypto';
import { copyFile, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { open, type SegmentOptions, type Segserve } from '../../packages/server/src/index.ts';
import { drawSheet, type SheetRow } from './sheet.ts';

interface Mask {
  readonly values: Uint8Array;
  readonly width: number;
  readonly height: number;
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const { values: flags } = parseArgs({
  options: {
    data: { type: 'string' },
    model: { type: 'string' },
    other: { type: 'string' },
    empty: { type: 'string', multiple: true, default: [] },
    mixed: { type: 'string', multiple: true, default: [] },
    sheet: { type: 'string' },
    threads: { type: 'string', default: '2' },
  },
});
if (flags.data === undefined) throw new Error('Expected --data FOLDER with ccp/photos and ccp/labels.');

const folder = await mkdtemp(path.join(os.tmpdir(), 'segserve-evaluate-'));
try {
  const models = new Map<string, Segserve>();
  if (flags.model === undefined) models.set('ours', await opened('portrait', []));
  else models.set('ours', await opened('portrait:measured', [await packageCopy(flags.model)]));
  if (flags.other !== undefined) models.set('other', await opened('other', [await otherPackage(flags.other)]));
  const sheet = [...(await empties(models)), ...(await mixed(models)), ...(await validation(models, flags.data))];
  if (flags.sheet !== undefined) await drawSheet(sheet, flags.sheet);
  for (const model of models.values()) await model.close();
} finally {
  await rm(folder, { recursive: true, force: true });
}

function opened(model: string, folders: readonly string[]): Promise<Segserve> {
  return open({ model, folders, threads: Number(flags.threads) });
}

/** A copy of the package under a version of its own, for the built-in one may have the same. */
async function packageCopy(of: string): Promise<string> {
  const copy = path.join(folder, 'ours', 'portrait', 'measured');
  await cp(of, copy, { recursive: true });
  const manifest = path.join(copy, 'model.yaml');
  // Without its goldens, which stand at the end: a candidate has none yet.
  const words = (await readFile(manifest, 'utf8'))
    .replace(/^name:.*$/m, 'name: portrait')
    .replace(/^version:.*$/m, 'version: measured')
    .replace(/^golden:[\s\S]*/m, '');
  await writeFile(manifest, words);
  return path.join(folder, 'ours');
}

/** MediaPipe's selfie segmentation, or any network that is asked in the same way. */
async function otherPackage(onnx: string): Promise<string> {
  const target = path.join(folder, 'others', 'other', '1');
  await mkdir(target, { recursive: true });
  await copyFile(onnx, path.join(target, 'other.onnx'));
  const manifest = [
    'schema: 1',
    'name: other',
    'version: "1"',
    'task: matting',
    'licence: see its source',
    'graph: other.onnx',
    'input: { layout: nhwc, size: { rule: fixed, width: 256, height: 256 } }',
    'output: { kind: probabilities }',
    'labels: person',
  ];
  await writeFile(path.join(target, 'model.yaml'), `${manifest.join('\n')}\n`);
  return path.join(folder, 'others');
}

async function alphaOf(model: Segserve, photo: string, options: SegmentOptions = {}): Promise<Mask> {
  const { answers } = await model.segment(photo, { answer: ['alpha'], format: 'png', ...options });
  return greyOf(answers[0]!.bytes);
}

async function greyOf(png: Uint8Array): Promise<Mask> {
  const { data, info } = await sharp(png).extractChannel(0).raw().toBuffer({ resolveWithObject: true });
  return { values: data, width: info.width, height: info.height };
}

/** Photos without people: the mean alpha, what is taken for a person, and what is left in between. */
async function empties(models: ReadonlyMap<string, Segserve>): Promise<SheetRow[]> {
  if (flags.empty.length === 0) return [];
  const rows: SheetRow[] = [];
  const sums = new Map<string, number[]>();
  console.log(
    '| photo without people | model | mean alpha | above 0.5 | between 0.1 and 0.9 |\n| --- | --- | --- | --- | --- |',
  );
  for (const photo of flags.empty) {
    const alphas: Mask[] = [];
    for (const [name, model] of models) {
      const alpha = await alphaOf(model, photo);
      alphas.push(alpha);
      const numbers = [mean(alpha.values) / 255, share(alpha, (v) => v > 127), share(alpha, (v) => v > 25 && v < 230)];
      sums.set(
        name,
        (sums.get(name) ?? [0, 0, 0]).map((sum, at) => sum + numbers[at]!),
      );
      console.log(`| ${path.basename(photo)} | ${name} | ${numbers.map((n) => n.toFixed(3)).join(' | ')} |`);
    }
    rows.push({ photo, alphas, order: 0 });
  }
  for (const [name, sum] of sums) {
    console.log(`| mean of ${rows.length} | ${name} | ${sum.map((n) => (n / rows.length).toFixed(3)).join(' | ')} |`);
  }
  return rows;
}

/** Photos of people without a label: how far our alpha is from the other's. */
async function mixed(models: ReadonlyMap<string, Segserve>): Promise<SheetRow[]> {
  const rows: SheetRow[] = [];
  const [ours, other] = [models.get('ours')!, models.get('other')];
  if (flags.mixed.length > 0)
    console.log(
      '\n| photo of people | mean abs. difference | IoU with the other | in between |\n| --- | --- | --- | --- |',
    );
  for (const photo of flags.mixed) {
    const alphas = [await alphaOf(ours, photo), ...(other === undefined ? [] : [await alphaOf(other, photo)])];
    const [a, b] = alphas;
    const between = share(a!, (v) => v > 25 && v < 230).toFixed(3);
    const compared = b === undefined ? ['', ''] : [difference(a!, b).toFixed(3), iou(a!, b).toFixed(3)];
    console.log(`| ${path.basename(photo)} | ${[...compared, between].join(' | ')} |`);
    rows.push({ photo, alphas, order: 1 });
  }
  return rows;
}

async function validation(models: ReadonlyMap<string, Segserve>, data: string): Promise<SheetRow[]> {
  const rows: SheetRow[] = [];
  const scores = new Map<string, { iou: number; error: number; between: number; ms: number }[]>();
  for (const name of await validationNames(data)) {
    const photo = path.join(data, 'ccp/photos', `${name}.jpg`);
    const truth = await truthOf(path.join(data, 'ccp/labels', `${name}.png`), photo);
    const upper = upperOf(truth);
    const alphas: Mask[] = [];
    for (const [which, model] of models) {
      for (const [part, box] of [
        ['whole photo', undefined],
        ['upper part', upper],
      ] as const) {
        const start = performance.now();
        const alpha = await alphaOf(model, photo, box === undefined ? {} : { region: box });
        const ms = performance.now() - start;
        const label = box === undefined ? truth : cut(truth, box);
        if (alpha.width !== label.width || alpha.height !== label.height) {
          throw new Error(
            `Expected an alpha of ${label.width}×${label.height} for ${name} but received ${alpha.width}×${alpha.height}.`,
          );
        }
        const row = {
          iou: iou(alpha, label),
          error: difference(alpha, label),
          between: share(alpha, (v) => v > 25 && v < 230),
          ms,
        };
        const key = `${part} | ${which}`;
        scores.set(key, [...(scores.get(key) ?? []), row]);
        if (box === undefined) alphas.push(alpha);
      }
    }
    rows.push({ photo, alphas, order: 3 - scores.get('whole photo | ours')!.at(-1)!.iou });
  }
  console.log(
    '\n| validation | model | photos | mean IoU | of the worst tenth | median | mean abs. error | in between | ms, file in, PNG out |',
  );
  console.log(`|${' --- |'.repeat(9)}`);
  for (const [key, rows] of scores) {
    const sorted = rows.map((row) => row.iou).sort((a, b) => a - b);
    const worst = sorted.slice(0, Math.floor(sorted.length / 10));
    const numbers = [
      mean(sorted),
      mean(worst),
      median(sorted),
      mean(rows.map((row) => row.error)),
      mean(rows.map((row) => row.between)),
    ];
    console.log(
      `| ${key} | ${rows.length} | ${numbers.map((n) => n.toFixed(4)).join(' | ')} | ${median(rows.map((row) => row.ms)).toFixed(0)} |`,
    );
  }
  return rows;
}

/** As in data.py: the hash of the file name decides. */
async function validationNames(data: string): Promise<string[]> {
  const names = (await readdir(path.join(data, 'ccp/photos')))
    .filter((name) => name.endsWith('.jpg'))
    .map((name) => name.slice(0, -4));
  return names.filter((name) => createHash('md5').update(name).digest()[0]! % 8 === 0).sort();
}

/** 255 on the person, at the photo's size. */
async function truthOf(label: string, photo: string): Promise<Mask> {
  const { width = 0, height = 0 } = await sharp(photo).metadata();
  const { data, info } = await sharp(label)
    .resize(width, height, { fit: 'fill', kernel: 'nearest' })
    .extractChannel(0)
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { values: Uint8Array.from(data, (value) => (value > 0 ? 255 : 0)), width: info.width, height: info.height };
}

/** The upper 45 % of the person, with a little around it. */
function upperOf({ values, width, height }: Mask): Box {
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (const [at, value] of values.entries()) {
    if (value === 0) continue;
    const [x, y] = [at % width, Math.floor(at / width)];
    [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x + 1), Math.max(bottom, y + 1)];
  }
  const [x, y] = [Math.max(0, left - 20), Math.max(0, top - 10)];
  return { x, y, width: Math.min(width, right + 20) - x, height: top + Math.floor(0.45 * (bottom - top)) - y };
}

function cut({ values, width }: Mask, box: Box): Mask {
  const out = new Uint8Array(box.width * box.height);
  for (let row = 0; row < box.height; row++) {
    const from = (box.y + row) * width + box.x;
    out.set(values.subarray(from, from + box.width), row * box.width);
  }
  return { values: out, width: box.width, height: box.height };
}

function iou(a: Mask, b: Mask): number {
  let [both, either] = [0, 0];
  for (let at = 0; at < a.values.length; at++) {
    const [inA, inB] = [a.values[at]! > 127, b.values[at]! > 127];
    if (inA && inB) both++;
    if (inA || inB) either++;
  }
  return both / Math.max(either, 1);
}

function difference(a: Mask, b: Mask): number {
  return a.values.reduce((sum, value, at) => sum + Math.abs(value - b.values[at]!), 0) / 255 / a.values.length;
}

function share({ values }: Mask, test: (value: number) => boolean): number {
  return values.reduce((count, value) => count + (test(value) ? 1 : 0), 0) / values.length;
}

function mean(numbers: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < numbers.length; at++) sum += numbers[at]!;
  return sum / Math.max(numbers.length, 1);
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}
