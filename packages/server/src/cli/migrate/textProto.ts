import { Fault } from '../../domain/fault.ts';
import { TextProtoTokens, type Token } from './textProtoTokens.ts';

/** A value as it was written. Names of enums are strings; which word is a boolean is for the reader of a field to say. */
export type TextProtoValue =
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'number'; readonly number: number; readonly written: string }
  | { readonly kind: 'word'; readonly text: string }
  | { readonly kind: 'message'; readonly message: TextProtoMessage };

export interface TextProtoField {
  readonly name: string;
  readonly line: number;
  readonly value: TextProtoValue;
}

/** Messages inside one another. */
const depthMax = 64;

/**
 * Reads protobuf text format (https://protobuf.dev/reference/protobuf/textformat-spec): nested messages in braces or angle
 * brackets, lists in square brackets, adjacent strings, comments. It needs no schema; the getters of a message check types.
 * Throws Fault `config_invalid` that names the file and the line.
 */
export function readTextProto(text: string, file: string): TextProtoMessage {
  const tokens = new TextProtoTokens(text, file);
  return new TextProtoMessage(file, 1, readFields(tokens, file, undefined, 0));
}

/** One message: its fields in the order of the file, and getters that say what was expected where a type is wrong. */
export class TextProtoMessage {
  readonly file: string;
  readonly line: number;
  readonly fields: readonly TextProtoField[];

  constructor(file: string, line: number, fields: readonly TextProtoField[]) {
    this.file = file;
    this.line = line;
    this.fields = fields;
  }

  has(name: string): boolean {
    return this.fields.some((field) => field.name === name);
  }

  /** Of a field that stands more than once the last counts, as in protobuf. */
  string(name: string): string | undefined {
    return this.strings(name).at(-1);
  }

  strings(name: string): string[] {
    return this.#all(name, 'a text in quotes', (value) => (value.kind === 'string' ? value.text : undefined));
  }

  number(name: string): number | undefined {
    return this.numbers(name).at(-1);
  }

  numbers(name: string): number[] {
    return this.#all(name, 'a number', (value) => (value.kind === 'number' ? value.number : undefined));
  }

  boolean(name: string): boolean | undefined {
    return this.#all(name, 'true or false', (value) => booleans.get(writtenAs(value))).at(-1);
  }

  /** The name of an enum's value, or its number as it is written; in quotes too, since the same key is a text elsewhere. */
  enumName(name: string): string | undefined {
    return this.#all(name, 'the name of an enum value', (value) => {
      if (value.kind === 'word' || value.kind === 'string') return value.text;
      return value.kind === 'number' ? value.written : undefined;
    }).at(-1);
  }

  message(name: string): TextProtoMessage | undefined {
    return this.messages(name).at(-1);
  }

  messages(name: string): TextProtoMessage[] {
    return this.#all(name, 'a message in braces', (value) => (value.kind === 'message' ? value.message : undefined));
  }

  #all<Value>(name: string, expected: string, read: (value: TextProtoValue) => Value | undefined): Value[] {
    return this.fields
      .filter((field) => field.name === name)
      .map(({ line, value }) => {
        const found = read(value);
        if (found !== undefined) return found;
        throw wrong(this.file, line, `\`${name}\` to be ${expected}`, shown(value));
      });
  }
}

const booleans: ReadonlyMap<string | undefined, boolean> = new Map([
  ...['true', 'True', 't', '1'].map((word) => [word, true] as const),
  ...['false', 'False', 'f', '0'].map((word) => [word, false] as const),
]);

function writtenAs(value: TextProtoValue): string | undefined {
  if (value.kind === 'word') return value.text;
  return value.kind === 'number' ? value.written : undefined;
}

function readFields(tokens: TextProtoTokens, file: string, end: string | undefined, depth: number): TextProtoField[] {
  const fields: TextProtoField[] = [];
  for (;;) {
    const token = tokens.next();
    if (token.kind === 'end') {
      if (end === undefined) return fields;
      throw wrong(file, token.line, `"${end}"`, 'the end of the file');
    }
    if (token.text === end && token.kind === 'sign') return fields;
    if (token.kind !== 'word') throw wrong(file, token.line, 'the name of a field', describe(token));
    for (const value of readValues(tokens, file, token, depth)) fields.push({ ...value, name: token.text });
    tokens.take(',') || tokens.take(';');
  }
}

function readValues(
  tokens: TextProtoTokens,
  file: string,
  name: Token,
  depth: number,
): { line: number; value: TextProtoValue }[] {
  const colon = tokens.take(':');
  if (tokens.take('[')) {
    const values: { line: number; value: TextProtoValue }[] = [];
    while (!tokens.take(']')) {
      if (values.length > 0 && !tokens.take(',')) throw expectedSign(tokens, file, '"," or "]"');
      values.push(readValue(tokens, file, depth, true));
    }
    return values;
  }
  const value = readValue(tokens, file, depth, colon);
  if (!colon && value.value.kind !== 'message') {
    throw wrong(file, name.line, `":" or "{" after \`${name.text}\``, shown(value.value));
  }
  return [value];
}

function readValue(tokens: TextProtoTokens, file: string, depth: number, scalarsToo: boolean) {
  const token = tokens.next();
  const { line } = token;
  if (token.kind === 'sign' && (token.text === '{' || token.text === '<')) {
    if (depth >= depthMax) throw wrong(file, line, `at most ${depthMax} messages inside one another`, 'more');
    const fields = readFields(tokens, file, token.text === '{' ? '}' : '>', depth + 1);
    return { line, value: { kind: 'message', message: new TextProtoMessage(file, line, fields) } as const };
  }
  if (token.kind === 'string') {
    let text = token.text;
    while (tokens.peek().kind === 'string') text += tokens.next().text;
    return { line, value: { kind: 'string', text } as const };
  }
  if (token.kind === 'number') {
    return { line, value: { kind: 'number', number: token.number ?? Number.NaN, written: token.text } as const };
  }
  if (token.kind === 'word') return { line, value: { kind: 'word', text: token.text } as const };
  throw wrong(file, line, scalarsToo ? 'a value' : '":" or "{"', describe(token));
}

function expectedSign(tokens: TextProtoTokens, file: string, expected: string): Fault {
  const token = tokens.next();
  return wrong(file, token.line, expected, describe(token));
}

function describe(token: Token): string {
  return token.kind === 'end' ? 'the end of the file' : `"${token.text.slice(0, 40)}"`;
}

function shown(value: TextProtoValue): string {
  if (value.kind === 'message') return 'a message';
  if (value.kind === 'string') return `the text ${JSON.stringify(value.text.slice(0, 40))}`;
  return `"${(value.kind === 'number' ? value.written : value.text).slice(0, 40)}"`;
}

function wrong(file: string, line: number, expected: string, found: string): Fault {
  return new Fault('config_invalid', `${file}:${line}: expected ${expected}, found ${found}.`, {
    expected,
    received: found,
  });
}
