import type { PictureManifest } from '@segserve/contract';
import { Tensor } from 'onnxruntime-node';
import type { Size } from '../domain/geometry.ts';
import { type PictureSpec, trimapOf } from '../domain/modelSpec.ts';
import { normalise } from '../graph/pixelLoops.ts';
import { numberTensor } from './numberTensor.ts';
import { readClasses } from './readClasses.ts';
import { type RawAnswer, readFused } from './readFused.ts';
import { readInstances } from './readInstances.ts';
import { readPanoptic } from './readPanoptic.ts';
import { readPlain } from './readPlain.ts';
import type { Session } from './session.ts';
import { trimapFeeds } from './trimapInput/trimapFeeds.ts';

export type { RawAnswer } from './readFused.ts';

export interface Inference {
  /** One for each picture, in order. */
  readonly answers: readonly RawAnswer[];
  /** How many pictures shared the run that answered each. */
  readonly sharedBy: readonly number[];
  readonly preprocessMs: number;
  readonly runMs: number;
  readonly readMs: number;
}

/**
 * One answer for each picture. `pictures` are RGB of one `size`. A graph that fixes its number of pictures runs several
 * times; places left over in the last run hold its last picture once more. `trimaps`: one for each picture, for models that
 * take them.
 */
export async function infer(
  session: Session,
  spec: PictureSpec,
  pictures: readonly Uint8Array[],
  size: Size,
  trimaps: readonly Uint8Array[] = [],
): Promise<Inference> {
  const { manifest } = spec;
  const { batchSize } = session.graph;
  const perRun = batchSize ?? pictures.length;
  const answers: RawAnswer[] = [];
  const sharedBy: number[] = [];
  const spent = { preprocessMs: 0, runMs: 0, readMs: 0 };
  for (let start = 0; start < pictures.length; start += perRun) {
    const chunk = pictures.slice(start, start + perRun);
    const begun = performance.now();
    const pixels = stacked(chunk, perRun);
    const rule = trimapOf(manifest);
    const feeds = rule
      ? trimapFeeds(
          session,
          manifest,
          rule,
          pixels,
          stacked(trimaps.slice(start, start + perRun), perRun),
          perRun,
          size,
        )
      : { image: imageTensor(session, manifest, pixels, perRun, size) };
    const prepared = performance.now();
    const outputs = await session.run(feeds.image, feeds.trimap);
    const ran = performance.now();
    answers.push(...read(session, spec, outputs, perRun, size).slice(0, chunk.length));
    for (const _ of chunk) sharedBy.push(chunk.length);
    spent.preprocessMs += prepared - begun;
    spent.runMs += ran - prepared;
    spent.readMs += performance.now() - ran;
  }
  return { answers, sharedBy, ...spent };
}

function read(
  { graph }: Session,
  spec: PictureSpec,
  outputs: readonly Tensor[],
  n: number,
  size: Size,
): readonly RawAnswer[] {
  const { manifest } = spec;
  if (manifest.task === 'instance') return [readInstances(outputs, graph.outputNames, { ...spec, manifest }, size)];
  if (manifest.task === 'panoptic') return [readPanoptic(outputs, graph.outputNames, { ...spec, manifest }, size)];
  if (manifest.task === 'classification') return readClasses(outputs, manifest, n);
  return graph.form === 'fused' ? readFused(outputs, graph.outputNames, n) : readPlain(outputs, manifest, n);
}

export function stacked(pictures: readonly Uint8Array[], places: number): Uint8Array {
  const first = pictures[0]!;
  if (places === 1) return first;
  const bytes = new Uint8Array(first.length * places);
  for (let place = 0; place < places; place++) {
    bytes.set(pictures[Math.min(place, pictures.length - 1)]!, place * first.length);
  }
  return bytes;
}

export function imageTensor(
  session: Session,
  manifest: PictureManifest,
  pixels: Uint8Array,
  n: number,
  { width, height }: Size,
): Tensor {
  const nhwc = [n, height, width, 3];
  if (session.graph.form !== 'plain') return new Tensor('uint8', pixels, nhwc);
  const { input } = manifest;
  const batched = input.layout === 'nchw' ? [n, 3, height, width] : nhwc;
  const taken = session.graph.signature.inputs.find(({ name }) => name === session.graph.inputName);
  const dims = taken?.dims.length === 3 ? batched.slice(1) : batched; // detection models exported without a batch
  const numbers = normalise(pixels, n, height, width, input);
  return numberTensor(session.inputType, numbers, dims);
}
