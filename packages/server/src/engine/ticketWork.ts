import type { StageTiming, Timings } from '@segserve/contract';
import type { Fault } from '../domain/fault.ts';
import { type EncodedPicture, type ImageHeader, wholeSizeOf } from '../domain/image.ts';
import type { EmbeddingUse, PromptPlan } from '../domain/promptPlan.ts';
import type { Answer, AnswerPlan, Extras, MaskPlan } from '../domain/request.ts';
import type { Tensor } from '../domain/tensor.ts';
import { pixelsOf } from './plan.ts';

/** A picture, compressed, and what is to be made of it. */
export interface SegmentWork {
  readonly kind: 'segment';
  readonly image: Uint8Array;
  readonly header: ImageHeader;
  readonly answers: readonly AnswerPlan[];
  readonly threshold: number;
  readonly mask: MaskPlan;
  readonly extras?: Extras<EncodedPicture>;
  /** Promptable models. */
  readonly prompts?: PromptPlan;
}

/** Tensors for the graph as it was exported, checked against its signature, and the outputs that are wanted. */
export interface TensorWork {
  readonly kind: 'tensors';
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly string[];
}

/** What a ticket is issued for, whichever door it came through. */
export type TicketWork = SegmentWork | TensorWork;

export interface SegmentWorkResult {
  readonly kind: 'segment';
  readonly width: number;
  readonly height: number;
  readonly answers: readonly Answer[];
  readonly timings: Timings;
  readonly stages?: readonly StageTiming[];
  readonly batchSize: number;
  readonly embedding?: EmbeddingUse;
}

export interface TensorWorkResult {
  readonly kind: 'tensors';
  readonly outputs: readonly Tensor[];
  readonly timings: Timings;
}

export type WorkResult = SegmentWorkResult | TensorWorkResult;
/** The result of one kind of work. */
export type ResultOf<Work extends TicketWork> = Extract<WorkResult, { readonly kind: Work['kind'] }>;
export type WorkOutcome = { readonly result: WorkResult } | { readonly fault: Fault };

/** Bytes that it keeps in the queue, and that cross to a worker. */
export function bytesOf(work: TicketWork): number {
  if (work.kind === 'segment') return sumOf([work, ...extrasOf(work)], ({ image }) => image.byteLength);
  return work.inputs.reduce((sum, tensor) => sum + tensorBytes(tensor), 0);
}

/** Decoded pixels that it costs a worker. Tensors are not decoded: what they cost is bounded by `tensorBytesMax`. */
export function pixelsOfWork(work: TicketWork): number {
  if (work.kind !== 'segment') return 0;
  const { header, mask } = work;
  const beside = sumOf(extrasOf(work), (extra) => extra.header.width * extra.header.height);
  return pixelsOf(mask.inPlace ? wholeSizeOf(header) : header, mask) + beside;
}

/** The pictures beside a request's own. */
export function extrasOf({ extras: { trimap, background } = {}, prompts }: SegmentWork): EncodedPicture[] {
  return [trimap, background, prompts?.start].filter((extra) => extra !== undefined);
}

function sumOf<Item>(items: readonly Item[], number: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + number(item), 0);
}

/** Strings count as the UTF-8 that they cross as. */
export function tensorBytes(tensor: Tensor): number {
  if (tensor.type !== 'string') return tensor.bytes.byteLength;
  return tensor.strings.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}
