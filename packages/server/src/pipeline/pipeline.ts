import type { Size } from '../domain/geometry.ts';
import type { GraphVariant } from '../domain/modelSpec.ts';
import { encode, needs } from './encode.ts';
import { referenceFor } from './geo/referenceFor.ts';
import { type Inference, infer, type RawAnswer } from './infer.ts';
import type { OpenModel } from './openModel.ts';
import { refineAlpha } from './postprocess/refine.ts';
import { growthOf, postprocess, wholeWindowOf } from './postprocess.ts';
import { Scene } from './scene.ts';
import { answeredInRows, rawOfRuns } from './tiled/answerOfRuns.ts';
import { inPlace } from './tiled/inPlace.ts';
import { keepKnown } from './trimapInput/keepKnown.ts';
import { trimapAt, trimapIn } from './trimapInput/trimapIn.ts';
import { type Job, type Outcome, Work } from './work.ts';

export { OpenModel, openModel } from './openModel.ts';
export type { Job, Outcome } from './work.ts';

/** A job whose picture is decoded. */
interface Ready {
  readonly work: Work;
  readonly pixels: Uint8Array;
}

/**
 * Pictures to answers. The story:
 *
 *   decode       compressed bytes to what the model takes, all jobs beside each other
 *   infer        one run for the jobs that meet at one input size
 *   postprocess  out of the letterbox, to the picture's own size or the one asked for
 *   encode       each answer as the bytes that leave
 *
 * Each job settles exactly once, as soon as it is done; one bad image fails alone. Resolves when all have settled and
 * never rejects. Several calls may be under way at once: one decodes while another infers.
 */
export async function runBatch(
  model: OpenModel,
  jobs: readonly Job[],
  settle: (index: number, outcome: Outcome) => void,
): Promise<void> {
  const works = jobs.map((job, index) => new Work(model, job, (outcome) => settle(index, outcome)));
  const once = works.filter(({ runs }) => runs === undefined);
  const decoding = once.map((work) => ({ work, pixels: work.stage(() => work.decode()) }));
  const finishing = works.filter(({ runs }) => runs !== undefined).map((work) => runSeveral(model, work));
  for (const group of groupsOf(model, decoding)) {
    const ready = await decoded(group);
    for (const inferred of await inferTogether(model, ready)) finishing.push(finish(model, inferred));
  }
  await Promise.all(finishing);
}

interface Decoding {
  readonly work: Work;
  readonly pixels: Promise<Uint8Array | undefined>;
}

/** Jobs that one run answers: of one input size, with or without scores. A graph that resizes takes one picture. */
function groupsOf(model: OpenModel, decoding: readonly Decoding[]): Iterable<readonly Decoding[]> {
  const alone = !model.runsTogether || model.spec.manifest.input.resizeIn === 'graph';
  const groups = Map.groupBy(decoding, (one) => {
    const { placement, scoreWanted, scoresWanted } = one.work;
    const scored = model.scoreGraphNeeded(scoreWanted);
    return alone
      ? one
      : `${placement.input.width}×${placement.input.height}${scored ? ' scored' : ''}${scoresWanted ? ' scores' : ''}`;
  });
  return groups.values();
}

async function decoded(group: readonly Decoding[]): Promise<Ready[]> {
  const made = await Promise.all(group.map(async ({ work, pixels }) => ({ work, pixels: await pixels })));
  const ready: Ready[] = [];
  for (const { work, pixels } of made) {
    if (pixels && (await work.stage(() => true))) ready.push({ work, pixels });
  }
  return ready;
}

interface Inferred {
  readonly work: Work;
  readonly raw: RawAnswer;
  readonly sharedBy: number;
}

async function inferTogether(model: OpenModel, ready: readonly Ready[]): Promise<Inferred[]> {
  const first = ready[0]?.work;
  if (!first) return [];
  try {
    const pictures = ready.map(({ pixels }) => pixels);
    const made = await inferFor(model, first, pictures, trimapsOf(ready));
    return ready.map(({ work }, index) => {
      work.timings.preprocess += made.preprocessMs;
      work.timings.infer += made.runMs;
      work.timings.postprocess += made.readMs;
      return { work, raw: made.answers[index]!, sharedBy: made.sharedBy[index]! };
    });
  } catch (error) {
    for (const { work } of ready) await work.stage(() => Promise.reject(error));
    return [];
  }
}

/** Those that came with the pictures, at the model's input size: one for each or, of a model that takes none, none. */
function trimapsOf(ready: readonly Ready[]): Uint8Array[] {
  return ready.flatMap(({ work: { trimap, job, placement } }) =>
    trimap ? [trimapIn(trimap, job.header, placement)] : [],
  );
}

/** All that is asked for from one run; from two only where the graph makes its scores larger before it compares them. */
async function inferFor(
  model: OpenModel,
  first: Work,
  pictures: readonly Uint8Array[],
  trimaps: readonly Uint8Array[],
): Promise<Inference> {
  const { scoresWanted, scoreWanted, placement } = first;
  const run = async (variant: GraphVariant) =>
    infer(await model.session(variant), model.spec, pictures, placement.input, trimaps);
  if (scoresWanted && !model.growsScores) return run('scores');
  const made = await run(model.scoreGraphNeeded(scoreWanted) ? 'score' : 'answer');
  if (!scoresWanted) return made;
  const { answers, preprocessMs, runMs, readMs } = await run('scores');
  return {
    ...made,
    answers: made.answers.map((answer, index) => ({ ...answer, scores: answers[index]!.scores })),
    preprocessMs: made.preprocessMs + preprocessMs,
    runMs: made.runMs + runMs,
    readMs: made.readMs + readMs,
  };
}

/** A job of several runs: tiles, mirror images, scales. A picture too large to be held is answered row by row. */
async function runSeveral(model: OpenModel, work: Work): Promise<void> {
  const { width, height } = work.job.header;
  if (width * height > model.limits.imagePixelsMax) {
    const result = await work.stage(() => answeredInRows(model, work, work.runs!));
    if (result) work.settle({ result });
    return;
  }
  const raw = await work.stage(() => rawOfRuns(model, work, work.runs!));
  if (raw) await finish(model, { work, raw, sharedBy: 1 });
}

async function finish(model: OpenModel, { work, raw, sharedBy }: Inferred): Promise<void> {
  const planes = await work.stage(() => timed(work, 'postprocess', () => planesOf(model, work, raw)));
  if (!planes) return;
  if (work.photoWanted) {
    const photo = await work.stage(() => timed(work, 'decode', () => work.photo()));
    if (!photo) return;
  }
  const scene = await work.stage(() => timed(work, 'postprocess', () => sceneOf(model, work, raw, planes)));
  if (!scene) return;
  work.job.take?.(scene);
  const answers = await work.stage(() =>
    timed(work, 'encode', () =>
      Promise.all(answersOf(work.job).map((plan) => encode(scene, plan, referenceFor(work, plan, scene)))),
    ),
  );
  if (!answers) return;
  const { width, height } = scene;
  work.settle({ result: { width, height, answers, timings: work.timings, batchSize: sharedBy } });
}

/** None where the scene itself is taken. */
function answersOf({ take, answers }: Job): Job['answers'] {
  return take ? [] : answers;
}

type Planes = ReturnType<typeof postprocess>;

function planesOf(model: OpenModel, work: Work, raw: RawAnswer): Planes {
  const made = sizeOf(work, raw); // from here on the photo knows it too
  const size = work.job.mask?.inPlace ? work.job.header : made;
  const target = work.job.mask?.size === 'model' ? 'model' : size;
  const { threshold, mask } = work.job;
  const choice = {
    threshold,
    ...(mask?.scoreThreshold === undefined ? {} : { scoreThreshold: mask.scoreThreshold }),
    ...(mask?.maxInstances === undefined ? {} : { maxInstances: mask.maxInstances }),
  };
  return postprocess(raw, model.spec, work.placement, target, work.scoreWanted, choice);
}

function sizeOf(work: Work, raw: RawAnswer): Size {
  return work.target(() => wholeWindowOf(raw, work.placement));
}

/** The mask is finished here, before any answer is made of it: all answers of a request show the same one. */
async function sceneOf(model: OpenModel, work: Work, raw: RawAnswer, planes: Planes): Promise<Scene> {
  const { answers, header, threshold, mask } = work.job;
  const { width, height } = sizeOf(work, raw);
  const { trimap } = work;
  const refines = mask?.refine === 'guided' && planes.alpha !== undefined;
  const edged = refines
    ? refineAlpha(planes.alpha, await work.photo(), growthOf(raw, work.placement, { width, height }))
    : planes.alpha;
  const shown = mask?.inPlace ? header : { width, height };
  const alpha = trimap && edged ? keepKnown(edged, trimapAt(trimap, header, shown)) : edged;
  const placed = inPlace(model.spec, work.job, { ...planes, alpha });
  const scene = new Scene({
    spec: model.spec,
    width,
    height,
    threshold,
    photo: work.photo,
    backdrop: work.backdrop,
    ...placed,
  });
  if (answers.some(({ kind }) => needs[kind].labels)) void scene.labels; // made here, so that its time counts as this stage's
  return scene;
}

async function timed<Made>(
  work: Work,
  stage: 'decode' | 'postprocess' | 'encode',
  run: () => Promise<Made> | Made,
): Promise<Made> {
  const started = performance.now();
  try {
    return await run();
  } finally {
    work.timings[stage] += performance.now() - started;
  }
}
