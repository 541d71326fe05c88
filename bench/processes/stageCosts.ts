import { setImmediate as turn } from 'node:timers/promises';
import { Tensor } from 'onnxruntime-node';
import { decodeFull, decodeToInput } from '../../packages/server/src/pipeline/decode.ts';
import { encode, needs } from '../../packages/server/src/pipeline/encode.ts';
import { infer } from '../../packages/server/src/pipeline/infer.ts';
import type { Job, OpenModel } from '../../packages/server/src/pipeline/pipeline.ts';
import { postprocess } from '../../packages/server/src/pipeline/postprocess.ts';
import { Scene } from '../../packages/server/src/pipeline/scene.ts';

/** Processor milliseconds of each stage for one picture, each stage alone. */
export interface StageCosts {
  readonly decode: number;
  readonly infer: number;
  /** The answer at the picture's own size. */
  readonly postprocess: number;
  readonly encode: number;
}

/** Each stage again and again for `seconds`, nothing else meanwhile; all threads of the process count. */
export async function stageCosts(model: OpenModel, job: Job, seconds: number): Promise<StageCosts> {
  const { manifest } = model.spec;
  const { image, header, answers, threshold } = job;
  const placement = model.placement(header);
  const size = model.inputSize(header);
  const photoWanted = answers.some(({ kind }) => needs[kind].photo);
  const session = await model.session('answer');

  const decode = async () => {
    const pixels = await decodeToInput(image, header, placement, manifest.input);
    return { pixels, photo: photoWanted ? await decodeFull(image, header) : undefined };
  };
  const { pixels, photo } = await decode();
  const run = async () => (await infer(session, model.spec, [pixels], size)).answers[0]!;
  const raw = await run();
  const sceneOf = () => {
    const planes = postprocess(raw, model.spec, placement, header, false);
    const { width, height } = header;
    return new Scene({ spec: model.spec, width, height, threshold, photo: async () => photo!, ...planes });
  };
  // A new scene each time: encoders may keep what they made of one.
  const made = () => Promise.all(answers.map((plan) => encode(sceneOf(), plan)));
  const costs = {
    decode: await cpuMsOf(decode, seconds),
    infer: await cpuMsOf(run, seconds),
    postprocess: await cpuMsOf(async () => sceneOf(), seconds),
  };
  return { ...costs, encode: (await cpuMsOf(made, seconds)) - costs.postprocess };
}

/** `session.run` and nothing else, runs a second: what a bare loop would give. */
export async function bareLoop(model: OpenModel, job: Job, seconds: number): Promise<number> {
  const { width, height } = model.inputSize(job.header);
  const session = await model.session('answer');
  const image = new Tensor('uint8', new Uint8Array(width * height * 3).fill(128), [1, height, width, 3]);
  const started = performance.now();
  let runs = 0;
  for (; performance.now() - started < seconds * 1000; runs++) await session.run(image);
  return (runs * 1000) / (performance.now() - started);
}

async function cpuMsOf(work: () => Promise<unknown>, seconds: number): Promise<number> {
  for (let warm = 0; warm < 2; warm++) await work();
  await turn();
  const started = performance.now();
  const before = process.cpuUsage();
  let count = 0;
  for (; count < 5 || performance.now() - started < seconds * 1000; count++) await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / count;
}
