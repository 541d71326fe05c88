/**
 * Measures the nuclei model through segserve itself: each validation picture goes in as a file, the id map comes out as a
 * PNG, and its nuclei are compared with the annotated ones.
 *
 *     node training/nuclei/evaluate.ts --data DATA [--models FOLDER] [--names validation.txt] [--sheets FOLDER]
 *
 * DATA holds images/ and instances/. AP is TP ÷ (TP + FP + FN), each nucleus paired at most once, an answer being right
 * from an intersection ÷ union of 0.5 (StarDist's measure): as the mean over pictures, and over all nuclei together.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { open } from '../../packages/server/src/index.ts';

interface IdMap {
  readonly ids: Uint16Array;
  readonly width: number;
  readonly height: number;
}

interface Row {
  readonly name: string;
  readonly kind: string;
  readonly pixels: number;
  readonly ms: number;
  /** For each of `bounds`: true positives, false positives, false negatives. */
  readonly counts: readonly (readonly [number, number, number])[];
}

const bounds = [0.5, 0.7, 0.9];
const here = import.meta.dirname;

const { values: flags } = parseArgs({
  options: {
    data: { type: 'string' },
    models: { type: 'string', multiple: true, default: [] },
    names: { type: 'string', default: path.join(here, 'validation.txt') },
    sheets: { type: 'string' },
    threads: { type: 'string', default: '2' },
  },
});
if (flags.data === undefined) throw new Error('Expected --data FOLDER with images/ and instances/.');

const rows = await measured(flags.data, await namesIn(flags.names));
printTable(rows);
printWorst(rows);

async function namesIn(file: string): Promise<{ name: string; kind: string }[]> {
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const [name = '', kind = ''] = line.split(' ');
    return { name, kind };
  });
}

async function measured(data: string, pictures: readonly { name: string; kind: string }[]): Promise<Row[]> {
  await using segserve = await open({ model: 'nuclei', folders: flags.models, threads: Number(flags.threads) });
  const rows: Row[] = [];
  for (const { name, kind } of pictures) {
    const bytes = await readFile(path.join(data, 'images', `${name}.webp`));
    const start = performance.now();
    const { answers } = await segserve.segment(bytes, { answer: ['instances'], format: 'png' });
    const ms = performance.now() - start;
    const answer = await idMap(answers[0]!.bytes);
    const truth = await idMap(await readFile(path.join(data, 'instances', `${name}.png`)));
    if (answer.width !== truth.width || answer.height !== truth.height) {
      throw new Error(
        `Expected an id map of ${truth.width}×${truth.height} for ${name} but received ${answer.width}×${answer.height}.`,
      );
    }
    rows.push({ name, kind, pixels: truth.ids.length, ms, counts: countsOf(truth.ids, answer.ids) });
    if (flags.sheets !== undefined) await sheet(flags.sheets, name, bytes, truth, answer);
  }
  return rows;
}

async function idMap(png: Uint8Array): Promise<IdMap> {
  const { data, info } = await sharp(png)
    .toColourspace('grey16')
    .raw({ depth: 'ushort' })
    .toBuffer({ resolveWithObject: true });
  const all = new Uint16Array(data.buffer, data.byteOffset, data.length / 2);
  const ids = info.channels === 1 ? all : all.filter((_, at) => at % info.channels === 0);
  return { ids, width: info.width, height: info.height };
}

/** Pairs by falling intersection ÷ union; a nucleus is paired once. */
function countsOf(truth: Uint16Array, answer: Uint16Array): Row['counts'] {
  const [truthAreas, answerAreas, both] = [
    new Map<number, number>(),
    new Map<number, number>(),
    new Map<number, number>(),
  ];
  const count = (into: Map<number, number>, key: number) => into.set(key, (into.get(key) ?? 0) + 1);
  for (let at = 0; at < truth.length; at++) {
    const [t, a] = [truth[at]!, answer[at]!];
    if (t !== 0) count(truthAreas, t);
    if (a !== 0) count(answerAreas, a);
    if (t !== 0 && a !== 0) count(both, t * 65536 + a);
  }
  const pairs = [...both].map(([key, shared]) => {
    const [t, a] = [Math.floor(key / 65536), key % 65536];
    return { t, a, iou: shared / (truthAreas.get(t)! + answerAreas.get(a)! - shared) };
  });
  pairs.sort((one, other) => other.iou - one.iou);
  return bounds.map((bound) => {
    const [pairedTruths, pairedAnswers] = [new Set<number>(), new Set<number>()];
    for (const { t, a, iou } of pairs) {
      if (iou < bound || pairedTruths.has(t) || pairedAnswers.has(a)) continue;
      pairedTruths.add(t);
      pairedAnswers.add(a);
    }
    const right = pairedTruths.size;
    return [right, answerAreas.size - right, truthAreas.size - right];
  });
}

function precision([right, wrong, missed]: readonly [number, number, number]): number {
  return right + wrong + missed === 0 ? 1 : right / (right + wrong + missed);
}

function printTable(rows: readonly Row[]): void {
  const ap = bounds.map((bound) => `AP ${bound}, mean over pictures | AP ${bound}, over all nuclei`).join(' | ');
  console.log(`| pictures | number | nuclei | ${ap} | found too much at 0.5 | missed at 0.5 |`);
  console.log(`| --- |${' --- |'.repeat(4 + 2 * bounds.length)}`);
  for (const kind of ['fluorescence', 'stained']) {
    const own = rows.filter((row) => row.kind === kind);
    const sums = bounds.map((_, at) => {
      const sum = (part: 0 | 1 | 2) => own.reduce((total, { counts }) => total + counts[at]![part], 0);
      return [sum(0), sum(1), sum(2)] as const;
    });
    const cells = bounds.flatMap((_, at) => {
      const mean = own.reduce((total, { counts }) => total + precision(counts[at]!), 0) / own.length;
      return [mean.toFixed(4), precision(sums[at]!).toFixed(4)];
    });
    const [right, wrong, missed] = sums[0]!;
    console.log(`| ${[kind, own.length, right + missed, ...cells, wrong, missed].join(' | ')} |`);
  }
  const small = rows
    .filter(({ pixels }) => pixels === 256 * 256)
    .map(({ ms }) => ms)
    .sort((a, b) => a - b);
  console.log(
    `\n256×256, file in, PNG out: median ${small[Math.floor(small.length / 2)]?.toFixed(1)} ms of ${small.length}`,
  );
}

function printWorst(rows: readonly Row[]): void {
  const worst = rows.toSorted((one, other) => precision(one.counts[0]!) - precision(other.counts[0]!)).slice(0, 30);
  console.log('\nworst pictures: kind, AP at 0.5, right / too much / missed');
  for (const { name, kind, counts } of worst) {
    console.log(`${name} ${kind} ${precision(counts[0]!).toFixed(3)} ${counts[0]!.join(' / ')}`);
  }
}

/** The picture as it is, with the annotated outlines (green) and with those of the answer (magenta), side by side. */
async function sheet(folder: string, name: string, bytes: Uint8Array, truth: IdMap, answer: IdMap): Promise<void> {
  await mkdir(folder, { recursive: true });
  const { width, height } = truth;
  const { data } = await sharp(bytes)
    .flatten()
    .toColourspace('srgb')
    .removeAlpha()
    .normalise()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const across = width * 3;
  const out = new Uint8Array(across * height * 3);
  const outlines = [undefined, { ids: truth.ids, color: [0, 255, 0] }, { ids: answer.ids, color: [255, 0, 255] }];
  for (const [part, outline] of outlines.entries()) {
    for (let at = 0; at < width * height; at++) {
      const to = (Math.floor(at / width) * across + part * width + (at % width)) * 3;
      const id = outline?.ids[at] ?? 0;
      const isEdge = id !== 0 && [1, -1, width, -width].some((step) => outline?.ids[at + step] !== id);
      for (let channel = 0; channel < 3; channel++)
        out[to + channel] = isEdge ? outline!.color[channel]! : data[at * 3 + channel]!;
    }
  }
  const png = await sharp(out, { raw: { width: across, height, channels: 3 } })
    .png()
    .toBuffer();
  await writeFile(path.join(folder, `${name}.png`), png);
}
