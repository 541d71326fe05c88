import { Fault } from '../../domain/fault.ts';

/** The bytes behind the JSON of a request, taken in the order of the inputs. */
export class BinarySection {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  take(input: string, size: number): Buffer {
    const left = this.#bytes.length - this.#at;
    if (size > left) throw Fault.expected('invalid_request', `${size} bytes behind the JSON for "${input}"`, `${left}`);
    this.#at += size;
    return this.#bytes.subarray(this.#at - size, this.#at);
  }

  /** Throws Fault when some were not taken. */
  end(): void {
    const left = this.#bytes.length - this.#at;
    if (left === 0) return;
    const expected = 'no bytes behind those that inputs name with `binary_data_size`';
    throw Fault.expected('invalid_request', expected, `${left} more`);
  }
}
