import type { JsonBytes } from './jsonBytes.ts';

const minus = 0x2d;
const plus = 0x2b;
const dot = 0x2e;
const zero = 0x30;
const comma = 0x2c;
const opening = 0x5b;
const closing = 0x5d;

/** Powers of ten that a double holds exactly. */
const powers = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

/** Reads the numbers of a nested array one after another, by the grammar of RFC 8259 §5 and §6. */
export class NumberReader {
  /** The number that `next` has found. */
  value = 0;
  /** Index of the byte to read next. */
  at: number;
  readonly #bytes: JsonBytes;
  readonly #source: Buffer;
  readonly #end: number;
  #tokenStart = 0;
  /** What may come: a value, or after an opening bracket its end too, or a separator. */
  #want: 'value' | 'valueOrEnd' | 'separator' = 'value';

  constructor(bytes: JsonBytes, start: number, end: number) {
    this.#bytes = bytes;
    this.#source = bytes.source;
    this.at = start;
    this.#end = end;
  }

  /** The next number into `value`; false at the end of the array. Throws Fault `invalid_request`. */
  next(): boolean {
    while (this.at < this.#end) {
      const code = this.#source[this.at]!;
      if (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) {
        this.at++;
      } else if (this.#want === 'separator' || code === closing) {
        this.#separator(code);
      } else if (code === opening) {
        this.#want = 'valueOrEnd';
        this.at++;
      } else {
        this.#number();
        this.#want = 'separator';
        return true;
      }
    }
    return false;
  }

  /** The number as it was written. */
  text(): string {
    return this.#source.toString('latin1', this.#tokenStart, this.at);
  }

  #separator(code: number): void {
    if (code === comma && this.#want === 'separator') this.#want = 'value';
    else if (code === closing && this.#want !== 'value') this.#want = 'separator';
    else throw this.#bytes.fault(this.#want === 'separator' ? '"," or "]"' : 'a number', this.at);
    this.at++;
  }

  #number(): void {
    const source = this.#source;
    const start = this.at;
    let at = start;
    const negative = source[at] === minus;
    if (negative) at++;
    const wholeStart = at;
    let mantissa = 0;
    while (isDigit(source[at])) mantissa = mantissa * 10 + source[at++]! - zero;
    let digits = at - wholeStart;
    if (digits === 0 || (digits > 1 && source[wholeStart] === zero)) throw this.#bytes.fault('a number', start);
    let exponent = 0;
    if (source[at] === dot) {
      const fractionStart = ++at;
      while (isDigit(source[at])) mantissa = mantissa * 10 + source[at++]! - zero;
      exponent = fractionStart - at;
      digits -= exponent;
      if (exponent === 0) throw this.#bytes.fault('a number', start);
    }
    if (((source[at] ?? 0) | 0x20) === 0x65) {
      at++;
      const sign = source[at] === minus ? -1 : 1;
      if (source[at] === minus || source[at] === plus) at++;
      const exponentStart = at;
      let written = 0;
      while (isDigit(source[at])) written = written * 10 + source[at++]! - zero;
      if (at === exponentStart) throw this.#bytes.fault('a number', start);
      exponent += sign * written;
    }
    this.at = at;
    this.#tokenStart = start;
    // Up to 15 digits and 10²² both factors are exact, so that one rounding gives the nearest double (Clinger 1990).
    if (digits > 15 || exponent > 22 || exponent < -22) this.value = Number(this.text());
    else {
      const size = exponent < 0 ? mantissa / powers[-exponent]! : mantissa * powers[exponent]!;
      this.value = negative ? -size : size;
    }
  }
}

function isDigit(code: number | undefined): boolean {
  return code !== undefined && code >= zero && code <= 0x39;
}
