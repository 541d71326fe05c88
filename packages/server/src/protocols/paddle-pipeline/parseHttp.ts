import { Fault } from '../../domain/fault.ts';
import { type JsonObject, type JsonValue, readJsonDocument } from '../wire/jsonDocument.ts';
import { asArray, asObject, base64Field, textField } from '../wire/jsonFields.ts';
import { LongNumbers } from '../wire/longNumbers.ts';
import { LongText } from '../wire/longText.ts';
import type { PipelineRequest } from './message.ts';
import { feedOf, type TensorParts } from './tensorFeed.ts';

/**
 * The request as proto3 JSON (https://protobuf.dev/programming-guides/json/): fields by their own or their camel-case
 * names, unknown ones ignored, null as if absent, 64-bit integers as numbers or strings. Throws Fault `invalid_request`
 * where the text is no such message.
 */
export async function parseHttp(body: Buffer | undefined): Promise<PipelineRequest> {
  const isEmpty = body === undefined || body.length === 0;
  const document = isEmpty ? Object.create(null) : await readJsonDocument(body, { exactNumbers: true, field: 'value' });
  const message = asObject(document as JsonValue, 'the body');
  return {
    keys: list(message, 'key').map((key, index) => textField(key, `key[${index}]`)),
    values: list(message, 'value').map((value, index) => textOrLong(value, `value[${index}]`)),
    tensors: await Promise.all(
      list(message, 'tensors').map(async (tensor) => feedOf(await partsOf(asObject(tensor, 'tensors')))),
    ),
    // The gateway puts the path's words over what the body says.
    name: '',
    logId: await wholeNumber(message.logid, 'logid'),
  };
}

async function partsOf(tensor: JsonObject): Promise<TensorParts> {
  const field = (snake: string) => tensor[snake] ?? tensor[camel(snake)];
  const numbers = (snake: string) => async () => floats(field(snake), snake);
  return {
    name: textField(tensor.name ?? '', 'name'),
    elemType: Number(field('elem_type') ?? 0),
    shape: await sides(field('shape')),
    int64: () => wholeNumbers(field('int64_data'), 'int64_data'),
    float: numbers('float_data'),
    int: numbers('int_data'),
    float64: numbers('float64_data'),
    uint32: numbers('uint32_data'),
    bool: async () => truths(field('bool_data')),
    text: () =>
      asArray(field('str_data') ?? [], 'str_data')
        .map((item) => textField(item, 'str_data'))
        .join(''),
    bytes: () => base64Field(field('byte_data') ?? '', 'byte_data'),
  };
}

function list(message: JsonObject, name: string): readonly JsonValue[] {
  const value = message[name];
  if (value === undefined || value === null) return [];
  // A list of numbers is read as such before anybody knows that texts were wanted.
  if (value instanceof LongNumbers)
    throw Fault.expected('invalid_request', `a list of strings in \`${name}\``, 'numbers');
  return asArray(value, name);
}

function textOrLong(value: JsonValue, name: string): string | LongText {
  return value instanceof LongText ? value : textField(value, name);
}

function camel(snake: string): string {
  return snake.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

async function floats(value: JsonValue | undefined, name: string): Promise<Float64Array<ArrayBuffer>> {
  if (value === undefined || value === null) return new Float64Array(0);
  if (value instanceof LongNumbers) return value.toFloat64Array();
  // Numbers may stand in quotes, and there alone can they be NaN or infinite.
  const texts = asArray(value, name).map((item) => (typeof item === 'number' ? item : textField(item, name)));
  return Float64Array.from(texts, (text) => {
    const words: Readonly<Record<string, number>> = {
      NaN: Number.NaN,
      Infinity: Number.POSITIVE_INFINITY,
      '-Infinity': Number.NEGATIVE_INFINITY,
    };
    const number = typeof text === 'number' ? text : (words[text] ?? (text.trim() === '' ? undefined : Number(text)));
    if (number !== undefined && (!Number.isNaN(number) || text === 'NaN')) return number;
    throw Fault.expected('invalid_request', `numbers in \`${name}\``, `"${String(text).slice(0, 40)}"`);
  });
}

async function wholeNumbers(value: JsonValue | undefined, name: string): Promise<BigInt64Array<ArrayBuffer>> {
  if (value === undefined || value === null) return new BigInt64Array(0);
  if (value instanceof LongNumbers) return value.toBigInt64Array();
  return BigInt64Array.from(asArray(value, name).map((item) => bigOf(item, name)));
}

async function wholeNumber(value: JsonValue | undefined, name: string): Promise<bigint> {
  return value === undefined || value === null ? 0n : bigOf(value, name);
}

function bigOf(value: JsonValue, name: string): bigint {
  const text = typeof value === 'number' ? String(value) : typeof value === 'string' ? value : '';
  if (/^-?\d{1,19}$/.test(text)) return BigInt.asIntN(64, BigInt(text));
  throw Fault.expected('invalid_request', `a whole number in \`${name}\``, JSON.stringify(value).slice(0, 40));
}

async function sides(value: JsonValue | undefined): Promise<number[]> {
  const numbers = [...(await floats(value, 'shape'))];
  if (numbers.length <= 32 && numbers.every((side) => Number.isInteger(side) && side >= 0)) return numbers;
  throw Fault.expected(
    'invalid_request',
    'at most 32 whole sides from 0 on in `shape`',
    JSON.stringify(numbers).slice(0, 60),
  );
}

function truths(value: JsonValue | undefined): Float64Array<ArrayBuffer> {
  if (value === undefined || value === null) return new Float64Array(0);
  return Float64Array.from(asArray(value, 'bool_data'), (item) => {
    if (typeof item === 'boolean') return item ? 1 : 0;
    throw Fault.expected('invalid_request', 'true or false in `bool_data`', JSON.stringify(item).slice(0, 40));
  });
}
