import { setImmediate as nextTurn } from 'node:timers/promises';
import { Fault } from '../../domain/fault.ts';
import type { JsonBytes } from './jsonBytes.ts';
import { NumberReader } from './numberReader.ts';

/** Bytes read in one go: under a millisecond. */
const sliceBytes = 48 * 1024;

/** A long array of numbers of a JSON document, flat or nested, still as bytes. The readers check what they read. */
export class LongNumbers {
  /** How many numbers there are. */
  readonly length: number;
  readonly #bytes: JsonBytes;
  readonly #start: number;
  readonly #end: number;
  readonly #shape: readonly number[] | undefined;

  constructor(bytes: JsonBytes, start: number, end: number, length: number, shape: readonly number[] | undefined) {
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
    this.length = length;
    this.#shape = shape;
  }

  /** Sides, outermost first. Throws Fault when rows differ in length or depth. */
  get shape(): readonly number[] {
    if (this.#shape) return this.#shape;
    throw Fault.expected('invalid_request', 'an array of numbers whose rows are equally long', 'rows that differ');
  }

  toFloat64Array(): Promise<Float64Array<ArrayBuffer>> {
    return this.#read(new Float64Array(this.length), ({ value }) => value);
  }

  toFloat32Array(): Promise<Float32Array<ArrayBuffer>> {
    return this.#read(new Float32Array(this.length), ({ value }) => value);
  }

  /** Whole numbers from −2⁶³ to 2⁶³ − 1, every digit kept. */
  toBigInt64Array(): Promise<BigInt64Array<ArrayBuffer>> {
    const [least, most] = [-(2n ** 63n), 2n ** 63n - 1n];
    return this.#read(new BigInt64Array(this.length), (reader) => this.#whole(reader, least, most));
  }

  /** Whole numbers from 0 to 2⁶⁴ − 1, every digit kept. */
  toBigUint64Array(): Promise<BigUint64Array<ArrayBuffer>> {
    return this.#read(new BigUint64Array(this.length), (reader) => this.#whole(reader, 0n, 2n ** 64n - 1n));
  }

  /** What console.log and JSON.stringify show. */
  toJSON(): string {
    return `(${this.length} numbers)`;
  }

  async #read<Value extends number | bigint, Target extends { [index: number]: Value }>(
    target: Target,
    toValue: (reader: NumberReader) => Value,
  ): Promise<Target> {
    const reader = new NumberReader(this.#bytes, this.#start, this.#end);
    let count = 0;
    for (let pauseAt = this.#start + sliceBytes; ; pauseAt += sliceBytes) {
      while (reader.at < pauseAt && reader.next()) target[count++] = toValue(reader);
      if (reader.at >= this.#end) return target;
      await nextTurn();
    }
  }

  #whole(reader: NumberReader, least: bigint, most: bigint): bigint {
    const exact = Number.isSafeInteger(reader.value);
    const text = exact ? '' : reader.text();
    const value = exact ? BigInt(reader.value) : /^-?\d+$/.test(text) ? BigInt(text) : undefined;
    if (value !== undefined && value >= least && value <= most) return value;
    throw Fault.expected('invalid_request', `whole numbers from ${least} to ${most}`, reader.text().slice(0, 40));
  }
}
