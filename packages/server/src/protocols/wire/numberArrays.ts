import { setImmediate as nextTurn } from 'node:timers/promises';
import { Fault } from '../../domain/fault.ts';
import type { JsonBytes } from './jsonBytes.ts';
import { LongNumbers } from './longNumbers.ts';

/** Arrays and objects inside one another, in the whole document. */
export const depthMax = 128;

/** Bytes looked at in one go: about half a millisecond. */
const sliceBytes = 256 * 1024;
/** What is looked at without leaving the caller's turn. */
const windowBytes = 4096;

const other = 0;
const space = 1;
const scalar = 2;
const comma = 3;
const opening = 4;
const closing = 5;
const kinds = new Uint8Array(256);
for (const char of '0123456789+-.eE') kinds[char.charCodeAt(0)] = scalar;
for (const char of ' \t\r\n') kinds[char.charCodeAt(0)] = space;
kinds[','.charCodeAt(0)] = comma;
kinds['['.charCodeAt(0)] = opening;
kinds[']'.charCodeAt(0)] = closing;

/**
 * Finds arrays that hold nothing but numbers and arrays of numbers. It looks at no byte more than three times, however
 * arrays are nested: what was open when a search failed is not searched again, nor what lies in an array that was too short.
 */
export class NumberArrays {
  readonly #bytes: JsonBytes;
  readonly #bytesMin: number;
  readonly #failed = new Set<number>();
  #tooShortUntil = 0;

  constructor(bytes: JsonBytes, bytesMin: number) {
    this.#bytes = bytes;
    this.#bytesMin = bytesMin;
  }

  /** The array that opens at the next byte, if it is one of numbers and long enough; then the place is behind it. */
  take(depthLeft: number): LongNumbers | undefined | Promise<LongNumbers | undefined> {
    const start = this.#bytes.at;
    const left = this.#bytes.source.length - start;
    if (left < this.#bytesMin || start < this.#tooShortUntil || this.#failed.delete(start)) return undefined;
    const scan = new ArrayScan(this.#bytes.source, start, depthLeft);
    scan.run(start + windowBytes);
    return scan.state === 'open' ? this.#runOn(scan) : this.#finish(scan);
  }

  async #runOn(scan: ArrayScan): Promise<LongNumbers | undefined> {
    while (scan.state === 'open') {
      scan.run(scan.at + sliceBytes);
      await nextTurn();
    }
    return this.#finish(scan);
  }

  #finish(scan: ArrayScan): LongNumbers | undefined {
    if (scan.state === 'failed') {
      for (const position of scan.positions.slice(1)) this.#failed.add(position);
      return undefined;
    }
    if (scan.at - scan.start < this.#bytesMin || scan.numbers === 0) {
      this.#tooShortUntil = scan.at;
      return undefined;
    }
    this.#bytes.cutTo(scan.at);
    return new LongNumbers(this.#bytes, scan.start, scan.at, scan.numbers, scan.shape());
  }
}

/** Goes over an array of numbers without reading them: where it ends, how many there are, and of what shape. */
class ArrayScan {
  state: 'open' | 'closed' | 'failed' = 'open';
  numbers = 0;
  at: number;
  /** Where the arrays open that are open now. */
  readonly positions: number[] = [];
  readonly start: number;
  readonly #source: Buffer;
  readonly #depthLeft: number;
  /** Commas so far in the open arrays. */
  readonly #commas: number[] = [];
  readonly #sides: number[] = [];
  #numbersDepth = 0;
  #ragged = false;
  #last = other;

  constructor(source: Buffer, start: number, depthLeft: number) {
    this.#source = source;
    this.start = start;
    this.at = start;
    this.#depthLeft = depthLeft;
  }

  run(until: number): void {
    const source = this.#source;
    const end = Math.min(until, source.length);
    let last = this.#last;
    let at = this.at;
    for (; at < end && this.state === 'open'; at++) {
      const kind = kinds[source[at]!]!;
      if (kind === scalar) last = scalar;
      else if (kind !== space) {
        this.#mark(kind, last, at);
        last = kind;
      }
    }
    this.at = at;
    this.#last = last;
    if (this.state === 'open' && at === source.length) this.state = 'failed';
  }

  #mark(kind: number, last: number, at: number): void {
    const depth = this.positions.length;
    if (kind === other) {
      this.state = 'failed';
    } else if (kind === opening) {
      if (depth === this.#depthLeft) throw tooDeep();
      this.positions.push(at);
      this.#commas.push(0);
    } else {
      if (last === scalar) this.#countNumber(depth);
      if (kind === comma) this.#commas[depth - 1]!++;
      else this.#close(depth, last);
    }
  }

  #countNumber(depth: number): void {
    this.numbers++;
    if (this.#numbersDepth === 0) this.#numbersDepth = depth;
    else if (this.#numbersDepth !== depth) this.#ragged = true;
  }

  #close(depth: number, last: number): void {
    this.positions.pop();
    const commas = this.#commas.pop()!;
    const items = last === opening ? 0 : commas + 1;
    this.#sides[depth - 1] ??= items;
    if (this.#sides[depth - 1] !== items) this.#ragged = true;
    if (depth === 1) this.state = 'closed';
  }

  /** Sides, outermost first; undefined when rows differ in length or depth. */
  shape(): readonly number[] | undefined {
    const even = this.#numbersDepth === 0 || this.#numbersDepth === this.#sides.length;
    return this.#ragged || !even ? undefined : this.#sides;
  }
}

export function tooDeep(): Fault {
  const expected = `at most ${depthMax} arrays and objects inside one another`;
  return Fault.expected('invalid_request', expected, 'more than that');
}
