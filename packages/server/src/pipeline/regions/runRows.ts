import type { Size } from '../../domain/geometry.ts';
import type { ClassMap } from '../../domain/image.ts';
import { type BorderLimit, largeBorders, refuseTooMany } from './bordersMax.ts';
import type { RunMap } from './runMap.ts';
import { numbersOf } from './wantedMap.ts';

/** A class map that comes row by row, kept as runs of the wanted classes: memory is that of the borders, and they are bounded. */
export class RunRows {
  readonly #size: Size;
  readonly #classes: readonly number[];
  readonly #limit: BorderLimit;
  readonly #numbers: Uint32Array;
  readonly #rows: Uint32Array;
  /** Numbers of the row above. */
  readonly #above: Uint32Array;
  #start = new Uint32Array(1024);
  #end = new Uint32Array(1024);
  #value = new Uint32Array(1024);
  #count = 0;
  #y = 0;
  #borders = 0;

  /** `classes`: ascending, without repetition. */
  constructor(size: Size, classes: readonly number[], limit: BorderLimit = largeBorders) {
    this.#limit = limit;
    this.#size = size;
    this.#classes = classes;
    this.#numbers = numbersOf(classes);
    this.#rows = new Uint32Array(size.height + 1);
    this.#above = new Uint32Array(size.width);
  }

  /** The next rows, as wide as the map. */
  push({ data, width, height }: ClassMap): void {
    for (let y = 0; y < height; y++) {
      this.#pushRow(data.subarray(y * width, (y + 1) * width));
      this.#refuseTooMany();
    }
  }

  /** All rows; nothing can be pushed any more. */
  end(): RunMap {
    for (const number of this.#above) if (number !== 0) this.#borders++; // along the lower edge
    this.#refuseTooMany();
    const [start, end, value] = [this.#start, this.#end, this.#value].map((list) => list.subarray(0, this.#count));
    const { width, height } = this.#size;
    const [classes, rows, limit] = [this.#classes, this.#rows, this.#limit];
    return { width, height, start: start!, end: end!, value: value!, rows, classes, limit };
  }

  #pushRow(row: Uint8Array | Uint16Array): void {
    const above = this.#above;
    let left = 0;
    let from = 0;
    for (let x = 0; x < row.length; x++) {
      const number = this.#numbers[row[x]!]!;
      if (number !== above[x]) {
        this.#borders++;
        above[x] = number;
      }
      if (number === left) continue;
      this.#borders++;
      if (left !== 0) this.#add(from, x, left);
      left = number;
      from = x;
    }
    if (left !== 0) {
      this.#borders++;
      this.#add(from, row.length, left);
    }
    this.#rows[++this.#y] = this.#count;
  }

  #add(start: number, end: number, value: number): void {
    if (this.#count === this.#start.length) {
      this.#start = doubled(this.#start);
      this.#end = doubled(this.#end);
      this.#value = doubled(this.#value);
    }
    this.#start[this.#count] = start;
    this.#end[this.#count] = end;
    this.#value[this.#count++] = value;
  }

  #refuseTooMany(): void {
    refuseTooMany(this.#borders, this.#limit);
  }
}

function doubled(list: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(list.length * 2);
  larger.set(list);
  return larger;
}
