/**
 * Measures a street model through segserve itself: each picture goes in as a file, the class map comes out as a PNG and is
 * compared with the annotation, void left out.
 *
 *     node training/street/evaluate.ts --data DATA [--part val] [--model street] [--models FOLDER] [--sheet FILE.png]
 *
 * DATA holds val/ and val_labels/. The mean is over the 11 classes, unweighted, of counts over all pictures. A model of
 * Cityscapes' classes is read by their names; a class that CamVid has not counts as wrong.
 */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { open } from '../../packages/server/src/index.ts';
import { contactSheet } from './contactSheet.ts';

interface Plane {
  readonly values: Uint8Array;
  readonly width: number;
  readonly height: number;
}

const classes = 'sky building pole road pavement tree sign fence car pedestrian bicyclist'.split(' ');
const void_ = classes.length;
/** Cityscapes' names that are other words for, or parts of, a class of CamVid. */
const otherNames = new Map<string, string>([
  ...['wall'].map((name) => [name, 'building'] as const),
  ...['sidewalk'].map((name) => [name, 'pavement'] as const),
  ...['vegetation', 'terrain'].map((name) => [name, 'tree'] as const),
  ...['traffic light', 'traffic sign'].map((name) => [name, 'sign'] as const),
  ...['truck', 'bus', 'train'].map((name) => [name, 'car'] as const),
  ...['person'].map((name) => [name, 'pedestrian'] as const),
  ...['rider', 'motorcycle', 'bicycle'].map((name) => [name, 'bicyclist'] as const),
]);

const { values: flags } = parseArgs({
  options: {
    data: { type: 'string' },
    part: { type: 'string', default: 'val' },
    model: { type: 'string', default: 'street' },
    models: { type: 'string', multiple: true, default: [] },
    sheet: { type: 'string' },
    answers: { type: 'string', default: '20' },
    flips: { type: 'boolean', default: false },
    threads: { type: 'string', default: '1' },
  },
});
if (flags.data === undefined) throw new Error('Expected --data FOLDER with val/ and val_labels/.');
await measure(flags.data);

async function measure(data: string): Promise<void> {
  const names = (await readdir(path.join(data, flags.part))).filter((name) => name.endsWith('.jpg')).sort();
  await using segserve = await open({ model: flags.model, folders: flags.models, threads: Number(flags.threads) });
  const toOurs = segserve.model.labels.map(({ label }) => classes.indexOf(otherNames.get(label) ?? label));
  /** Pixels [truth][answer]; the last answer: no class of CamVid. */
  const counts = classes.map(() => new Array<number>(classes.length + 1).fill(0));
  const times: number[] = [];
  const perPicture: { name: string; right: number }[] = [];
  const shown: { photo: Uint8Array; truth: Uint8Array; answer: Uint8Array }[] = [];
  const every = Math.max(1, Math.floor(names.length / Number(flags.answers)));
  for (const [at, name] of names.entries()) {
    const photo = await readFile(path.join(data, flags.part, name));
    const start = performance.now();
    const how = flags.flips ? { flips: 'horizontal' as const } : {};
    const { answers } = await segserve.segment(photo, { answer: ['labels'], format: 'png', ...how });
    times.push(performance.now() - start);
    const answer = await plane(answers[0]!.bytes);
    const truth = await plane(await readFile(path.join(data, `${flags.part}_labels`, name.replace('.jpg', '.png'))));
    if (answer.width !== truth.width || answer.height !== truth.height) {
      throw new Error(
        `Expected ${truth.width}×${truth.height} for ${name} but received ${answer.width}×${answer.height}.`,
      );
    }
    const ours = answer.values.map((value) => (toOurs[value] ?? -1) & 0xff);
    perPicture.push({ name, right: count(truth.values, ours, counts) });
    if (flags.sheet !== undefined && at % every === 0) shown.push({ photo, truth: truth.values, answer: ours });
  }
  print(counts, times);
  perPicture.sort((one, other) => one.right - other.right);
  console.log(
    `worst: ${perPicture
      .slice(0, 6)
      .map(({ name, right }) => `${name} ${(right * 100).toFixed(1)} %`)
      .join(', ')}`,
  );
  if (flags.sheet !== undefined) await contactSheet(flags.sheet, shown);
}

async function plane(png: Uint8Array): Promise<Plane> {
  const { data, info } = await sharp(png).toColourspace('b-w').raw().toBuffer({ resolveWithObject: true });
  const values = info.channels === 1 ? data : data.filter((_, at) => at % info.channels === 0);
  return { values, width: info.width, height: info.height };
}

/** Gives the share of pixels that are right. */
function count(truth: Uint8Array, answer: Uint8Array, into: number[][]): number {
  let [right, known] = [0, 0];
  for (let at = 0; at < truth.length; at++) {
    const [t, a] = [truth[at]!, answer[at]!];
    if (t >= void_) continue;
    const row = into[t]!;
    const said = a < void_ ? a : void_;
    row[said] = row[said]! + 1;
    known++;
    if (t === a) right++;
  }
  return right / known;
}

function print(counts: readonly (readonly number[])[], times: readonly number[]): void {
  const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);
  const ious = classes.map((_, at) => {
    const hit = counts[at]![at]!;
    return hit / (sum(counts[at]!) + sum(counts.map((row) => row[at]!)) - hit);
  });
  const right = sum(classes.map((_, at) => counts[at]![at]!)) / sum(counts.map(sum));
  const percent = (share: number) => (share * 100).toFixed(1);
  console.log(`| mean IoU | ${classes.join(' | ')} | pixels right |`);
  console.log(`| ${'--- | '.repeat(classes.length + 2)}`);
  console.log(
    `| ${[(sum(ious) / ious.length) * 100].map((mean) => mean.toFixed(2))} | ${ious.map(percent).join(' | ')} | ${percent(right)} |`,
  );
  const sorted = times.toSorted((a, b) => a - b);
  const [least, median] = [sorted[0]!, sorted[Math.floor(sorted.length / 2)]!];
  console.log(`file in, PNG out: median ${median.toFixed(1)} ms, least ${least.toFixed(1)} ms of ${times.length}`);
}
