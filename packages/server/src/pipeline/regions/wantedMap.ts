import type { ClassMap } from '../../domain/image.ts';

/** A class map reduced to the classes that were asked for: 0 is nothing, n is `classes[n - 1]`. */
export interface WantedMap {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array | Uint16Array | Uint32Array;
  /** Class index of each number above 0, ascending. */
  readonly classes: readonly number[];
}

/** A copy, since small regions are later taken out of it. `classes`: ascending, without repetition. */
export function wantedMap(map: ClassMap, classes: readonly number[]): WantedMap {
  const numbers = numbersOf(classes);
  const data = emptyFor(classes.length, map.data.length);
  for (let pixel = 0; pixel < data.length; pixel++) data[pixel] = numbers[map.data[pixel]!]!;
  return { width: map.width, height: map.height, data, classes };
}

/** The number of each class index. */
export function numbersOf(classes: readonly number[]): Uint32Array {
  const numbers = new Uint32Array(65_536);
  for (const [at, index] of classes.entries()) numbers[index] = at + 1;
  return numbers;
}

/** All 65,536 classes and nothing besides need one number more than 16 bits have. */
function emptyFor(numberMax: number, length: number): WantedMap['data'] {
  if (numberMax < 256) return new Uint8Array(length);
  return numberMax < 65_536 ? new Uint16Array(length) : new Uint32Array(length);
}
