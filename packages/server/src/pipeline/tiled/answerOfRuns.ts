import { setImmediate as nextTurn } from 'node:timers/promises';
import { mediaTypes } from '@segserve/contract';
import { Fault } from '../../domain/fault.ts';
import type { Size } from '../../domain/geometry.ts';
import type { Answer, AnswerPlan, SegmentResult } from '../../domain/request.ts';
import type { Tiling } from '../../domain/tiling.ts';
import { georeferenceOf, referenceOfAnswer } from '../geo/georeference.ts';
import type { OpenModel } from '../openModel.ts';
import type { RawAnswer } from '../readFused.ts';
import { Scene } from '../scene.ts';
import { tidied } from '../tidy/tidied.ts';
import { throwIfLeft, type Work } from '../work.ts';
import { averagedScores } from './averagedScores.ts';
import { KeptRunsByWish } from './keptRuns.ts';
import { rawOfPlanes } from './rawOfPlanes.ts';
import { type RowAnswer, rowAnswer } from './rowAnswer.ts';
import { RowReader } from './rowReader.ts';
import type { ScoreSpec } from './scorePlanes.ts';
import type { SeveralRuns, Variants } from './severalRuns.ts';
import { type Band, tileBands } from './tileBands.ts';

/** The answer of several runs, as one of the whole picture: blended of tiles, or averaged over mirror images and scales. */
export async function rawOfRuns(model: OpenModel, work: Work, { tiling, variants }: SeveralRuns): Promise<RawAnswer> {
  if (tiling) return wholeOf(await bandsOf(model, work, tiling, variants), work.job.header);
  const pixels = await work.decode();
  const session = await model.session('scores');
  const spec = model.spec as ScoreSpec;
  const began = performance.now();
  const planes = await averagedScores(session, spec, pixels, work.placement.input, variants, () => turn(work));
  work.timings.infer += performance.now() - began;
  return rawOfPlanes(planes, spec.manifest, work);
}

/** The answers of a picture too large to be held: each is made row by row, as domain/rowAnswers.ts lists them. */
export async function answeredInRows(
  model: OpenModel,
  work: Work,
  { tiling, variants }: SeveralRuns,
): Promise<Omit<SegmentResult, 'model'>> {
  if (!tiling) throw new Fault('internal', 'Only tiles are answered row by row.');
  const { image, header, answers: plans, threshold } = work.job;
  const { width, height } = header;
  const known = georeferenceOf(image, header);
  const geo = known && referenceOfAnswer(known, header, header, false);
  const options = { width, height, bytesMax: model.limits.tiledBytesMax, geo, kept: new KeptRunsByWish(header) };
  const files = plans.map((plan) => rowAnswer(plan, options));
  try {
    for await (const { raw } of await bandsOf(model, work, tiling, variants)) {
      const began = performance.now();
      const rows = rowsOf(model, raw, threshold);
      for (const [index, file] of files.entries()) await file.push(tidied(rows, plans[index]!));
      work.timings.encode += performance.now() - began;
    }
    const answers = await Promise.all(files.map((file, index) => ended(file, plans[index]!)));
    return { width, height, answers, timings: work.timings, batchSize: 1 };
  } finally {
    for (const file of files) file.close();
  }
}

function rowsOf({ spec }: OpenModel, raw: RawAnswer, threshold: number): Scene {
  const { width, height, labels, alpha, score } = raw;
  return new Scene({ spec, width, height, labels, alpha, score, threshold, photo: noPhoto });
}

async function bandsOf(model: OpenModel, work: Work, tiling: Tiling, variants: Variants | undefined) {
  const { image, header } = work.job;
  return tileBands({
    session: await model.session('scores'),
    spec: model.spec as ScoreSpec,
    picture: header,
    tiling,
    reader: new RowReader(image, header),
    variants,
    scoreWanted: work.scoreWanted,
    beforeRun: () => turn(work),
    clock: work.timings,
  });
}

/** Between two runs whoever wants to cancel is heard, and other jobs of this process have their turn. */
async function turn(work: Work): Promise<void> {
  await nextTurn();
  throwIfLeft(work.job);
}

/** All bands as one picture. */
async function wholeOf(bands: AsyncIterable<Band>, { width, height }: Size): Promise<RawAnswer> {
  let whole: RawAnswer | undefined;
  for await (const { y, raw } of bands) {
    whole ??= {
      width,
      height,
      labels: raw.labels && emptyLike(raw.labels, width * height),
      alpha: raw.alpha && new Uint8Array(width * height),
      score: raw.score && new Uint8Array(width * height),
    };
    for (const name of ['labels', 'alpha', 'score'] as const) {
      const rows = raw[name];
      if (rows) whole[name]?.set(rows, y * width);
    }
  }
  return whole!;
}

function emptyLike(plane: Uint8Array | Uint16Array, length: number): Uint8Array | Uint16Array {
  return plane instanceof Uint16Array ? new Uint16Array(length) : new Uint8Array(length);
}

async function ended(file: RowAnswer, { kind, format }: AnswerPlan): Promise<Answer> {
  return { kind, format, contentType: mediaTypes[format], bytes: await file.end() };
}

async function noPhoto(): Promise<never> {
  throw new Fault('internal', 'A picture that is answered in rows has no photo.');
}
