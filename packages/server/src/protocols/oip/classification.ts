import { Fault } from '../../domain/fault.ts';
import { datatypeOf } from './datatypes.ts';
import { type Numbers, numbersOf } from './numbersOf.ts';
import { elementCount, type WireTensor } from './wireTensor.ts';

type Value = number | bigint;

/**
 * The `count` greatest elements of an output as texts "value:index" or "value:index:label", greatest first; of equal ones
 * the earlier. Triton's `extension_classification.md`; values are written as it writes them: 6 digits behind the point.
 * Labels belong to classes, so they are told only where the elements are the classes.
 */
export function classified(tensor: WireTensor, count: number, labels: readonly string[]): WireTensor {
  if (tensor.type === 'bytes' || tensor.type === 'bool') {
    const type = tensor.type === 'bytes' ? 'BYTES' : datatypeOf(tensor.type);
    throw Fault.expected('invalid_request', `numbers in "${tensor.name}", to be classified`, type);
  }
  const elements = elementCount(tensor.dims);
  const numbers = numbersOf(tensor, 0, elements);
  const best = greatest(numbers, Math.min(count, elements));
  const texts = best.map((index) => {
    const label = elements === labels.length ? `:${labels[index]}` : '';
    return `${valueText(numbers[index]!, tensor.type.startsWith('float'))}:${index}${label}`;
  });
  return { name: tensor.name, type: 'bytes', dims: [texts.length], elements: texts.map((text) => Buffer.from(text)) };
}

function valueText(value: Value, isFloat: boolean): string {
  return isFloat ? Number(value).toFixed(6) : String(value);
}

/** Indices of the `count` greatest numbers, by a heap whose root is the least of those kept. NaN is below all. */
function greatest(numbers: Numbers, count: number): number[] {
  if (count === 0) return [];
  const heap: number[] = [];
  const below = (one: number, other: number) => isBelow(numbers[one]!, numbers[other]!, one, other);
  for (let index = 0; index < numbers.length; index++) {
    if (heap.length < count) {
      heap.push(index);
      rise(heap, below);
    } else if (below(heap[0]!, index)) {
      heap[0] = index;
      sink(heap, below);
    }
  }
  return heap.sort((one, other) => (below(one, other) ? 1 : -1));
}

function isBelow(value: Value, other: Value, index: number, otherIndex: number): boolean {
  if (value < other) return true;
  if (value > other) return false;
  const [isNan, otherIsNan] = [Number.isNaN(value), Number.isNaN(other)];
  if (isNan !== otherIsNan) return isNan;
  return index > otherIndex;
}

type Below = (one: number, other: number) => boolean;

function rise(heap: number[], below: Below): void {
  for (let at = heap.length - 1; at > 0; ) {
    const parent = (at - 1) >> 1;
    if (!below(heap[at]!, heap[parent]!)) return;
    swap(heap, at, parent);
    at = parent;
  }
}

function sink(heap: number[], below: Below): void {
  for (let at = 0; ; ) {
    const [left, right] = [2 * at + 1, 2 * at + 2];
    let least = at;
    if (left < heap.length && below(heap[left]!, heap[least]!)) least = left;
    if (right < heap.length && below(heap[right]!, heap[least]!)) least = right;
    if (least === at) return;
    swap(heap, at, least);
    at = least;
  }
}

function swap(heap: number[], one: number, other: number): void {
  [heap[one], heap[other]] = [heap[other]!, heap[one]!];
}
