import { Fault } from '../../domain/fault.ts';

/** What the byte that begins a token may be part of. */
const numeric = new Uint8Array(256);
for (const char of '0123456789+-.eE') numeric[char.charCodeAt(0)] = 1;

const numberForm = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const words: readonly (readonly [word: Buffer, value: boolean | null])[] = [
  [Buffer.from('true'), true],
  [Buffer.from('false'), false],
  [Buffer.from('null'), null],
];
const quote = 0x22;
const backslash = 0x5c;

/** A place in the bytes of a JSON text, and how many bytes of it may still be read one by one. */
export class JsonBytes {
  readonly source: Buffer;
  /** Index of the next byte. */
  at = 0;
  #cutBytes = 0;
  readonly #restBytesMax: number;
  readonly #field: string | undefined;

  constructor(body: Uint8Array, restBytesMax: number, field: string | undefined) {
    this.source = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    this.#restBytesMax = restBytesMax;
    this.#field = field;
  }

  /** Goes past white space and gives the next byte, −1 at the end. Throws Fault when too much has been read. */
  peek(): number {
    const end = Math.min(this.source.length, this.#cutBytes + this.#restBytesMax);
    while (this.at < end) {
      const code = this.source[this.at]!;
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return code;
      this.at++;
    }
    if (this.at < this.source.length) throw this.#tooMuch();
    return -1;
  }

  /** Goes past `code` and white space before it; false when something else comes next. */
  took(code: number): boolean {
    if (this.peek() !== code) return false;
    this.at++;
    return true;
  }

  /** Goes to `end` without counting what lies between. */
  cutTo(end: number): void {
    this.#cutBytes += end - this.at;
    this.at = end;
  }

  /** The string whose opening quote comes next; undefined when it does not end within `bytesMax`. */
  shortText(bytesMax: number): string | undefined {
    const start = this.at + 1;
    const last = Math.min(this.source.length, start + bytesMax);
    let plain = true;
    let ascii = true;
    for (let index = start; index < last; index++) {
      const code = this.source[index]!;
      if (code === quote) {
        this.at = index + 1;
        const text = this.source.toString(ascii ? 'latin1' : 'utf8', start, index);
        return plain ? text : this.#withoutEscapes(text, start);
      }
      if (code < 0x20) throw this.fault('a string without control characters', index);
      if (code >= 0x80) ascii = false;
      if (code === backslash) {
        plain = false;
        index++;
      }
    }
    if (last === this.source.length) throw this.fault('the end of a string', last);
    return undefined;
  }

  /** The number, or the word true, false or null, that comes next. */
  scalar(): number | boolean | null {
    const start = this.at;
    const end = Math.min(this.source.length, this.#cutBytes + this.#restBytesMax);
    if (numeric[this.source[start] ?? 0] === 0) return this.#word();
    while (this.at < end && numeric[this.source[this.at]!] === 1) this.at++;
    const text = this.source.toString('latin1', start, this.at);
    if (!numberForm.test(text)) throw this.fault('a number', start);
    return Number(text);
  }

  #word(): boolean | null {
    const found = words.find(([word]) => this.source.subarray(this.at, this.at + word.length).equals(word));
    if (found === undefined) throw this.fault('a value');
    this.at += found[0].length;
    return found[1];
  }

  #withoutEscapes(text: string, start: number): string {
    try {
      return JSON.parse(`"${text}"`) as string;
    } catch {
      throw this.fault('a string whose escapes are those of JSON', start);
    }
  }

  /** That something else was expected at `index`. */
  fault(expected: string, index = this.at): Fault {
    const received = this.#shownAt(index);
    const message = `The body is not valid JSON: expected ${expected} but received ${received} at byte ${index + 1}.`;
    return new Fault('invalid_request', message, { expected: `JSON with ${expected}`, received });
  }

  #shownAt(index: number): string {
    const code = this.source[index];
    if (code === undefined) return 'the end';
    return code > 0x20 && code < 0x7f ? `"${String.fromCharCode(code)}"` : `byte 0x${code.toString(16)}`;
  }

  #tooMuch(): Fault {
    const size = `${Math.round(this.#restBytesMax / 1024)} KiB`;
    const besides = this.#field === undefined ? 'long texts and long arrays of numbers' : `\`${this.#field}\``;
    return Fault.expected('invalid_request', `at most ${size} of JSON besides ${besides}`, 'more than that');
  }
}
