import type { Fault } from '../../domain/fault.ts';
import { UnreadableMessage } from '../wire/brpc/brpcFailure.ts';
import { type JsonObject, type JsonValue, readJsonDocument } from '../wire/jsonDocument.ts';
import { asArray, asObject, base64Field, kindOf, textField } from '../wire/jsonFields.ts';
import { LongNumbers } from '../wire/longNumbers.ts';
import { dimsMax, type InferMessage, type NumbersField, type SentTensor, tensorsMax } from './inferMessage.ts';
import type { Generation } from './settings.ts';

/** JSON besides long lists of numbers and long texts. */
const restBytesMax = 4 * 1024 * 1024;

/**
 * A request as JSON, by the rules of brpc's json2pb: names as in the .proto, unknown ones ignored, bytes as base64. Throws
 * UnreadableMessage.
 */
export async function readJson(body: Uint8Array, wanted: Generation | 'auto'): Promise<InferMessage> {
  try {
    return await readMessage(body, wanted);
  } catch (error) {
    if ((error as Fault | null)?.code !== 'invalid_request') throw error;
    throw new UnreadableMessage((error as Fault).message);
  }
}

async function readMessage(body: Uint8Array, wanted: Generation | 'auto'): Promise<InferMessage> {
  const document = await readJsonDocument(body, { restBytesMax, exactNumbers: true });
  const request = asObject(document, 'the body');
  const generation = wanted === 'auto' ? generationOf(request) : wanted;
  const sent = generation === '0.6' ? tensorArray(request) : list(request, 'tensor');
  if (sent.length > tensorsMax) throw new UnreadableMessage(`it has more than ${tensorsMax} tensors.`);
  const tensors = await Promise.all(
    sent.map((tensor, index) => readTensor(asObject(tensor, `tensor[${index}]`), generation)),
  );
  const fetch = list(request, 'fetch_var_names').map((name) => textField(name, 'fetch_var_names'));
  return { generation, tensors, fetch, profile: request.profile_server === true };
}

function generationOf(request: JsonObject): Generation {
  return request.insts !== undefined && request.tensor === undefined ? '0.6' : '0.7';
}

function tensorArray(request: JsonObject) {
  const insts = list(request, 'insts');
  if (insts.length > 1) {
    throw new UnreadableMessage(`it has ${insts.length} insts; put the batch into the shape of one.`);
  }
  return insts.flatMap((inst) => list(asObject(inst, 'insts[0]'), 'tensor_array'));
}

async function readTensor(tensor: JsonObject, generation: Generation): Promise<SentTensor> {
  const shape = [...(await numbersOf(tensor.shape, 'shape'))];
  if (shape.length > dimsMax) throw new UnreadableMessage(`a shape has more than ${dimsMax} sides.`);
  const [elemType = 0] = await numbersOf(tensor.elem_type === undefined ? [] : [tensor.elem_type], 'elem_type');
  const strings = list(tensor, 'data');
  return {
    name: tensor.name === undefined ? '' : textField(tensor.name, 'name'),
    alias: tensor.alias_name === undefined ? '' : textField(tensor.alias_name, 'alias_name'),
    elemType,
    shape,
    numbers: (field) => readable(() => bytesOf(tensor[field], field)),
    strings: () => strings.map((text) => textOf(text, generation)),
    content: () =>
      readable(async () =>
        tensor.tensor_content === undefined ? Buffer.alloc(0) : base64Field(tensor.tensor_content, 'tensor_content'),
      ),
  };
}

/** In 0.6 texts are bytes, and so base64. */
function textOf(value: JsonValue, generation: Generation): string {
  const text = textField(value, 'data');
  return generation === '0.6' ? Buffer.from(text, 'base64').toString('utf8') : text;
}

async function readable<Value>(read: () => Promise<Value>): Promise<Value> {
  try {
    return await read();
  } catch (error) {
    if ((error as Fault | null)?.code !== 'invalid_request') throw error;
    throw new UnreadableMessage((error as Fault).message);
  }
}

async function bytesOf(value: JsonValue | undefined, field: NumbersField): Promise<Uint8Array> {
  if (value instanceof LongNumbers && field !== 'int_data') {
    checkFlat(value, field);
    const numbers = field === 'int64_data' ? await value.toBigInt64Array() : await value.toFloat32Array();
    return new Uint8Array(numbers.buffer);
  }
  if (field === 'int_data') return new Uint8Array(Int32Array.from(await numbersOf(value, field)).buffer);
  const items = value === undefined || value === null ? [] : asArray(value, field);
  if (field === 'float_data') return new Uint8Array(Float32Array.from(items.map(floatOf)).buffer);
  return new Uint8Array(BigInt64Array.from(items.map(longOf)).buffer);
}

/** A list that has more than numbers in it: json2pb takes these three words as floats. */
function floatOf(item: JsonValue): number {
  const number = typeof item === 'number' ? item : words.get(item);
  if (number !== undefined) return number;
  throw new UnreadableMessage(`expected numbers in float_data but received ${kindOf(item)}.`);
}

/** And 64-bit integers in quotes, since JavaScript has no others. */
function longOf(item: JsonValue): bigint {
  const text = typeof item === 'string' || Number.isSafeInteger(item) ? String(item) : '';
  const number = /^-?\d{1,19}$/.test(text) ? BigInt(text) : undefined;
  if (number !== undefined && number === BigInt.asIntN(64, number)) return number;
  throw new UnreadableMessage(`expected 64-bit integers in int64_data but received ${kindOf(item)}.`);
}

function checkFlat({ shape }: LongNumbers, name: string): void {
  if (shape.length !== 1) throw new UnreadableMessage(`expected a flat list in ${name} but received a nested one.`);
}

const words: ReadonlyMap<JsonValue, number> = new Map<JsonValue, number>([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);

/** 32-bit integers. */
async function numbersOf(value: JsonValue | undefined, name: string): Promise<number[] | Float64Array> {
  if (value === undefined || value === null) return [];
  if (value instanceof LongNumbers) checkFlat(value, name);
  const numbers = value instanceof LongNumbers ? await value.toFloat64Array() : asArray(value, name);
  for (const number of numbers) {
    if (typeof number === 'number' && number === (number | 0)) continue;
    const received = typeof number === 'number' ? String(number) : kindOf(number);
    throw new UnreadableMessage(`expected 32-bit integers in ${name} but received ${received}.`);
  }
  return numbers as number[] | Float64Array;
}

function list(object: JsonObject, name: string): readonly JsonValue[] {
  const value = object[name];
  if (value === undefined || value === null) return [];
  if (value instanceof LongNumbers) throw new UnreadableMessage(`expected no numbers in ${name}.`);
  return asArray(value, name);
}
