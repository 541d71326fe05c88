import { Fault } from '../../domain/fault.ts';
import type { SegmentRequest, SegmentResult } from '../../domain/request.ts';
import { tensorOfNpy } from '../wire/npy.ts';
import type { InferenceHouse, Inferred } from './inference.ts';
import type { InferCaller, InferOutput, InferRequest } from './inferRequest.ts';
import type { ServedModel } from './modelNames.ts';
import { pictureOptions } from './pictureOptions.ts';
import { type PictureWish, wishesOf } from './pictureWishes.ts';
import { elementCount, type WireTensor } from './wireTensor.ts';

/** Encoded pictures in one BYTES tensor, answered as the native API answers each of them. Throws Fault. */
export async function answerPictures(
  { engine, options }: InferenceHouse,
  { ref, detail }: ServedModel,
  request: InferRequest,
  caller: InferCaller,
): Promise<Inferred> {
  const input = request.inputs[0]!;
  const images = imagesOf(input, options.imagesMax);
  const wanted = pictureOptions(request.parameters);
  const wishes = wishesOf(detail, request, wanted);
  const deadlineMs = Math.min(
    wanted.shared.deadlineMs ?? Number.POSITIVE_INFINITY,
    caller.deadlineMs ?? Number.POSITIVE_INFINITY,
  );
  const { threshold, refine } = wanted.shared;
  const common: Omit<SegmentRequest, 'image'> = {
    model: ref,
    answers: wishes.map((wish) => wish.request),
    requestId: caller.requestId,
    ...(threshold === undefined ? {} : { threshold }),
    ...(refine === undefined ? {} : { refine }),
    ...(wanted.size === undefined ? {} : { size: wanted.size }),
    ...(Number.isFinite(deadlineMs) ? { deadlineMs } : {}),
  };
  const results = await allOrNone(images, caller.signal, (image, signal) =>
    engine.segment({ ...common, image, signal }),
  );
  const outputs = wishes.map((wish, index) => outputOf(wish, index, input.dims, results));
  return { outputs, parts: results.map(({ timings, batchSize }) => ({ timings, batchSize })) };
}

function imagesOf(input: WireTensor, imagesMax: number): readonly Uint8Array[] {
  const { name, dims } = input;
  const isColumn = dims.length === 2 && dims[1] === 1;
  if (input.type !== 'bytes' || !(dims.length === 1 || isColumn)) {
    throw Fault.expected('invalid_request', `"${name}" to have the shape [N] or [N,1]`, `[${dims.join(',')}]`);
  }
  const count = elementCount(dims);
  if (count < 1 || count > imagesMax) {
    throw Fault.expected('invalid_request', `1 to ${imagesMax} pictures in "${name}"`, String(count));
  }
  return input.elements;
}

/** The first failure frees what the other pictures of the request still hold. */
async function allOrNone<Result>(
  images: readonly Uint8Array[],
  signal: AbortSignal,
  answer: (image: Uint8Array, signal: AbortSignal) => Promise<Result>,
): Promise<Result[]> {
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  try {
    return await Promise.all(images.map((image) => answer(image, either)));
  } catch (error) {
    failed.abort();
    throw error;
  }
}

function outputOf(
  wish: PictureWish,
  index: number,
  dims: readonly number[],
  results: readonly SegmentResult[],
): InferOutput {
  const answers = results.map((result) => result.answers[index]!);
  if (wish.isRaw)
    return {
      tensor: stacked(
        wish.name,
        answers.map(({ bytes }) => tensorOfNpy(wish.name, bytes)),
      ),
    };
  const elements = answers.map(({ bytes }) => bytes);
  return { tensor: { name: wish.name, type: 'bytes', dims, elements }, contentType: answers[0]!.contentType };
}

/** One picture keeps its two sides; several of one size get a third in front. */
function stacked(name: string, tensors: readonly ReturnType<typeof tensorOfNpy>[]): WireTensor {
  const [first, ...others] = tensors;
  if (others.length === 0) return first!;
  const { type, dims } = first!;
  const odd = others.find((other) => other.type !== type || other.dims.join() !== dims.join());
  if (odd !== undefined) {
    const expected = `pictures of one size for raw "${name}", or \`size\` to make them so`;
    throw Fault.expected('invalid_request', expected, `[${dims.join(',')}] and [${odd.dims.join(',')}]`);
  }
  return { name, type, dims: [tensors.length, ...dims], bytes: Buffer.concat(tensors.map(({ bytes }) => bytes)) };
}
