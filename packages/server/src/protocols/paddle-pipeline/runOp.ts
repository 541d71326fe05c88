import { answerFacts } from '@segserve/contract';
import type { Engine } from '../../domain/engineDoor.ts';
import { Fault } from '../../domain/fault.ts';
import { pictureFormats } from '../../domain/regionOptions.ts';
import type { Answer } from '../../domain/request.ts';
import type { Tensor } from '../../domain/tensor.ts';
import { decodeBase64 } from '../wire/base64.ts';
import { LongText } from '../wire/longText.ts';
import type { Feed, PipelineCaller } from './message.ts';
import { numpyText } from './numpyText.ts';
import type { PlacedOp } from './opGraph.ts';

/** What an operator gets: the request's values, or the picture of the operator before it. */
export type OpInput = { readonly feeds: ReadonlyMap<string, Feed> } | { readonly picture: Uint8Array };

export interface OpOutput {
  /** Encoded; for operators that take it further. */
  readonly picture: Uint8Array | undefined;
  readonly values: readonly { readonly key: string; readonly value: string }[];
}

/** Runs one operator, again after a time-out as often as it is told. Rejects with a Fault. */
export async function runOp(engine: Engine, op: PlacedOp, input: OpInput, caller: PipelineCaller): Promise<OpOutput> {
  if (op.answer === 'tensors') return runTensors(engine, op, input, caller);
  const kind = op.answer;
  const image = 'picture' in input ? input.picture : await onlyPicture(input.feeds);
  const request = {
    model: op.model,
    image,
    answers: [{ kind, ...(kind === 'cutout' && op.keepColors ? { keepColors: true } : {}) }],
    ...limitsOf(op, caller),
  };
  const { answers } = await withRetry(op, () => engine.segment(request));
  const answer = answers[0]!;
  const isPicture = pictureFormats.includes(answerFacts[kind].formats[0]);
  return { picture: isPicture ? answer.bytes : undefined, values: [{ key: op.key, value: textOf(answer) }] };
}

async function runTensors(engine: Engine, op: PlacedOp, input: OpInput, caller: PipelineCaller): Promise<OpOutput> {
  const inputs = 'feeds' in input ? tensorsOf(input.feeds) : [];
  const request = { model: op.model, inputs, ...limitsOf(op, caller) };
  const { outputs } = await withRetry(op, () => engine.infer(request));
  return { picture: undefined, values: outputs.map((tensor) => ({ key: tensor.name, value: numpyText(tensor) })) };
}

function tensorsOf(feeds: ReadonlyMap<string, Feed>): Tensor[] {
  return [...feeds].map(([name, feed]) => {
    if (typeof feed === 'object' && !(feed instanceof LongText)) return feed;
    throw Fault.expected('invalid_request', `a tensor for ${name}`, 'text');
  });
}

/** Every key may hold the picture, whatever it is called; but the operator makes one answer, of one picture. */
async function onlyPicture(feeds: ReadonlyMap<string, Feed>): Promise<Uint8Array> {
  const [first, ...others] = feeds;
  if (first === undefined || others.length > 0) {
    throw Fault.expected('invalid_request', 'exactly one picture', `${feeds.size}`);
  }
  const [name, feed] = first;
  if (feed instanceof LongText) return feed.decodeBase64(name);
  if (typeof feed === 'string') return decodeBase64(Buffer.from(feed), name);
  throw Fault.expected('invalid_request', `a picture as base64 text in ${name}`, 'a tensor');
}

function textOf({ bytes, format }: Answer): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isText = format === 'json' || format === 'geojson' || format === 'txt' || format === 'svg';
  return buffer.toString(isText ? 'utf8' : 'base64');
}

function limitsOf({ timeoutMs }: PlacedOp, { signal, requestId, deadlineMs }: PipelineCaller) {
  const shortest = Math.min(timeoutMs ?? Number.POSITIVE_INFINITY, deadlineMs ?? Number.POSITIVE_INFINITY);
  return { signal, requestId, ...(Number.isFinite(shortest) ? { deadlineMs: shortest } : {}) };
}

async function withRetry<Result>({ retry }: PlacedOp, run: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run();
    } catch (error) {
      const isLate = error instanceof Fault && error.code === 'deadline_exceeded';
      if (!isLate || attempt >= retry) throw error;
    }
  }
}
