/** The pipeline in a process of its own, without a server: what the server is compared with. */
import { readFile } from 'node:fs/promises';
import type { AnswerKind } from '@segserve/contract';
import { answerFacts } from '@segserve/contract';
import { defaultLimits } from '../../packages/server/src/domain/limits.ts';
import { noPictures, takesPictures } from '../../packages/server/src/domain/modelSpec.ts';
import { planAnswers } from '../../packages/server/src/engine/plan.ts';
import { loadPackage } from '../../packages/server/src/models/loadPackage.ts';
import { prepareGraph } from '../../packages/server/src/models/prepare.ts';
import { builtInModels, findModels, resolveModel } from '../../packages/server/src/models/repository.ts';
import { readHeader } from '../../packages/server/src/pipeline/header.ts';
import { type Job, type OpenModel, openModel, runBatch } from '../../packages/server/src/pipeline/pipeline.ts';
import { answerOrders } from './helperProcess.ts';
import { bareLoop, stageCosts } from './stageCosts.ts';

/** Which model, with how many threads, which picture, which answer. */
export interface Task {
  /** A package's folder; `portrait` means the built-in one. */
  readonly model: string;
  readonly threads: number;
  readonly picture: string;
  readonly answer: AnswerKind;
}

export type PipelineOrder =
  | ({ readonly do: 'one' } & Task)
  | ({ readonly do: 'saturate'; readonly concurrency: number; readonly seconds: number } & Task)
  | ({ readonly do: 'stageCosts'; readonly seconds: number } & Task)
  | ({ readonly do: 'bareLoop'; readonly seconds: number } & Task);

const open = new Map<string, Promise<OpenModel>>();

answerOrders<PipelineOrder>(async (order) => {
  const model = await modelOf(order);
  const image = await readFile(order.picture);
  switch (order.do) {
    case 'one':
      return one(model, image, order.answer);
    case 'saturate':
      return saturate(model, image, order);
    case 'stageCosts':
      return stageCosts(model, await jobOf(model, image, order.answer), order.seconds);
    case 'bareLoop':
      return bareLoop(model, await jobOf(model, image, order.answer), order.seconds);
  }
});

function modelOf({ model, threads }: Task): Promise<OpenModel> {
  const key = `${model} ${threads}`;
  const known = open.get(key) ?? openOne(model, threads);
  open.set(key, known);
  return known;
}

async function openOne(model: string, threads: number): Promise<OpenModel> {
  const spec =
    model === 'portrait' ? resolveModel(await findModels([builtInModels()]), model) : await loadPackage(model);
  if (!takesPictures(spec)) throw noPictures(spec.ref);
  const opened = await openModel(spec, (variant) => prepareGraph(spec, variant), { threads, limits: defaultLimits });
  await opened.warmUp();
  return opened;
}

async function jobOf(model: OpenModel, image: Uint8Array, kind: AnswerKind): Promise<Job> {
  const [format] = answerFacts[kind].formats;
  const answers = planAnswers(model.spec, [{ kind, format }]);
  return { image, header: await readHeader(image, defaultLimits), answers, threshold: 0.5 };
}

/** From compressed bytes to finished bytes: milliseconds on the clock, and of processors. */
export interface One {
  readonly ms: number;
  readonly cpuMs: number;
}

async function one(model: OpenModel, image: Uint8Array, kind: AnswerKind): Promise<One> {
  const before = process.cpuUsage();
  const started = performance.now();
  const job = await jobOf(model, image, kind);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  await runBatch(model, [job], (_, outcome) => {
    if ('fault' in outcome) reject(outcome.fault);
    else resolve();
  });
  await promise;
  const ms = performance.now() - started;
  const { user, system } = process.cpuUsage(before);
  return { ms, cpuMs: (user + system) / 1000 };
}

/** Pictures a second while `concurrency` callers each have one under way. */
async function saturate(
  model: OpenModel,
  image: Uint8Array,
  { answer, concurrency, seconds }: Extract<PipelineOrder, { do: 'saturate' }>,
): Promise<number> {
  const started = performance.now();
  let done = 0;
  const caller = async () => {
    while (performance.now() - started < seconds * 1000) {
      await one(model, image, answer);
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, caller));
  return (done * 1000) / (performance.now() - started);
}
