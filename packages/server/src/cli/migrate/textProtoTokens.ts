import { Fault } from '../../domain/fault.ts';

export interface Token {
  readonly kind: 'word' | 'string' | 'number' | 'sign' | 'end';
  /** A string without its quotes and escapes; anything else as it is written. */
  readonly text: string;
  readonly line: number;
  /** Of a number; NaN only where `nan` is written. */
  readonly number?: number;
}

const space = /(?:\s+|#[^\n]*)+/y;
const word = /[A-Za-z_][\w.]*|\[[\w./]+\](?=\s*[:{<])/y;
const number =
  /-?\s*(?:0[xX][0-9a-fA-F]+|inf(?:inity)?f?\b|nanf?\b|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[fF]?)(?![\w.])/iy;
const string = /"((?:[^"\\\n]|\\[\s\S])*)"|'((?:[^'\\\n]|\\[\s\S])*)'/y;
const signs = '{}<>[]:,;';

/** The words, texts, numbers and signs of a file in protobuf text format, one after the other. */
export class TextProtoTokens {
  readonly #text: string;
  readonly #file: string;
  #at = 0;
  #line = 1;
  #ahead: Token | undefined;

  constructor(text: string, file: string) {
    this.#text = text.startsWith('\uFEFF') ? text.slice(1) : text;
    this.#file = file;
  }

  peek(): Token {
    this.#ahead ??= this.#read();
    return this.#ahead;
  }

  next(): Token {
    const token = this.peek();
    this.#ahead = undefined;
    return token;
  }

  /** Takes the next token if it is this sign. */
  take(sign: string): boolean {
    const { kind, text } = this.peek();
    if (kind !== 'sign' || text !== sign) return false;
    this.#ahead = undefined;
    return true;
  }

  #read(): Token {
    this.#match(space);
    const line = this.#line;
    if (this.#at >= this.#text.length) return { kind: 'end', text: '', line };
    const quoted = this.#match(string);
    if (quoted) return { kind: 'string', text: unescaped(quoted[1] ?? quoted[2] ?? ''), line };
    const digits = this.#match(number);
    if (digits) return { kind: 'number', text: digits[0], line, number: numberOf(digits[0]) };
    const name = this.#match(word);
    if (name) return { kind: 'word', text: name[0], line };
    const sign = this.#text[this.#at]!;
    if (!signs.includes(sign)) {
      const found = sign === '"' || sign === "'" ? 'a text whose quotes do not end on its line' : `"${sign}"`;
      throw new Fault('config_invalid', `${this.#file}:${line}: expected protobuf text format, found ${found}.`);
    }
    this.#at += 1;
    return { kind: 'sign', text: sign, line };
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) return undefined;
    this.#at += found[0].length;
    for (const character of found[0]) if (character === '\n') this.#line += 1;
    return found;
  }
}

function numberOf(written: string): number {
  const text = written.replaceAll(/\s/g, '').toLowerCase();
  const sign = text.startsWith('-') ? -1 : 1;
  const digits = sign < 0 ? text.slice(1) : text;
  if (digits.startsWith('inf')) return sign * Number.POSITIVE_INFINITY;
  if (digits.startsWith('nan')) return Number.NaN;
  if (digits.startsWith('0x')) return sign * Number.parseInt(digits.slice(2), 16);
  if (/^0[0-7]+$/.test(digits)) return sign * Number.parseInt(digits, 8);
  return sign * Number(digits.replace(/f$/, ''));
}

const simpleEscapes: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
};

/** Octal and hexadecimal escapes are bytes of UTF-8. */
function unescaped(literal: string): string {
  if (!literal.includes('\\')) return literal;
  const parts: Buffer[] = [];
  const pattern = /\\([0-7]{1,3})|\\[xX]([0-9a-fA-F]{1,2})|\\u([0-9a-fA-F]{4})|\\([\s\S])|([^\\]+)/g;
  for (const [, octal, hex, unicode, other, plain] of literal.matchAll(pattern)) {
    if (octal !== undefined) parts.push(Buffer.from([Number.parseInt(octal, 8) & 0xff]));
    else if (hex !== undefined) parts.push(Buffer.from([Number.parseInt(hex, 16)]));
    else if (unicode !== undefined) parts.push(Buffer.from(String.fromCharCode(Number.parseInt(unicode, 16))));
    else parts.push(Buffer.from(plain ?? simpleEscapes[other!] ?? other!));
  }
  return Buffer.concat(parts).toString('utf8');
}
