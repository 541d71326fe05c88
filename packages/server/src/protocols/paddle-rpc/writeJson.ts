import { setImmediate as nextTurn } from 'node:timers/promises';
import type { NumberTensor } from '../../domain/tensor.ts';
import { concatenated } from './concatenated.ts';
import type { InferReply, ReplyTensor } from './inferReply.ts';
import { type Numbers, numbersOf } from './outputNumbers.ts';

/** Numbers written in one go: a millisecond or two. */
const sliceNumbers = 4096;
/** Bytes put into base64 in one go; a multiple of three. */
const sliceBytes = 768 * 1024;

/** The reply as brpc writes JSON: fields in the order of their numbers; zeros, empty lists and empty texts are left out. */
export async function writeJson({ generation, engineName, tensors, profileTimes }: InferReply): Promise<Buffer> {
  const list: Buffer[] = [];
  for (const tensor of tensors) {
    if (list.length > 0) list.push(Buffer.from(','));
    list.push(...(await tensorOf(tensor, generation === '0.7')));
  }
  const [open, close] = generation === '0.7' ? ['"tensor":[', '],'] : ['"insts":[{"tensor_array":[', ']}],'];
  return concatenated([
    Buffer.from(`{"outputs":[{${tensors.length === 0 ? '' : open}`),
    ...list,
    Buffer.from(`${tensors.length === 0 ? '' : close}"engine_name":${JSON.stringify(engineName)}}],`),
    Buffer.from(`"profile_time":[${profileTimes.join(',')}]}`),
  ]);
}

async function tensorOf({ tensor, alias, form }: ReplyTensor, named: boolean): Promise<Buffer[]> {
  const names = named ? `${text('name', tensor.name)}${text('alias_name', alias)}` : '';
  const elemType = form.elemType === 0 ? '' : `,"elem_type":${form.elemType}`;
  const shape = tensor.dims.length === 0 ? '' : `,"shape":[${tensor.dims.join(',')}]`;
  const rest = Buffer.from(`${elemType}${shape}${names}`);
  const data = await dataOf(tensor, form.field, named);
  // Every entry begins with a comma; the brace takes the place of the first one's.
  const [first, ...others] = (form.field === 'tensor_content' ? [rest, ...data] : [...data, rest]).filter(
    ({ length }) => length > 0,
  );
  if (first === undefined) return [Buffer.from('{}')];
  return [Buffer.from('{'), first.subarray(1), ...others, Buffer.from('}')];
}

async function dataOf(tensor: ReplyTensor['tensor'], field: string, named: boolean): Promise<Buffer[]> {
  if (tensor.type === 'string') {
    if (tensor.strings.length === 0) return [];
    const strings = named ? tensor.strings : tensor.strings.map((string) => Buffer.from(string).toString('base64'));
    return [Buffer.from(`,"${field}":${JSON.stringify(strings)}`)];
  }
  if (tensor.bytes.length === 0) return [];
  if (field === 'tensor_content') return [Buffer.from(`,"${field}":"`), ...(await base64(tensor)), Buffer.from('"')];
  return [Buffer.from(`,"${field}":[`), ...(await numbersText(tensor)), Buffer.from(']')];
}

async function numbersText(tensor: NumberTensor): Promise<Buffer[]> {
  const numbers = numbersOf(tensor);
  const parts: Buffer[] = [];
  for (let from = 0; from < numbers.length; from += sliceNumbers) {
    if (from > 0) await nextTurn();
    const slice = numbers.subarray(from, from + sliceNumbers);
    parts.push(Buffer.from(`${from > 0 ? ',' : ''}${sliceText(slice, tensor.type)}`, 'latin1'));
  }
  return parts;
}

function sliceText(numbers: Numbers, type: NumberTensor['type']): string {
  if (type === 'bool')
    return Array.from(numbers as Uint8Array, (number) => (number === 0 ? 'false' : 'true')).join(',');
  if (type !== 'float32' && type !== 'float64') return numbers.join(',');
  return Array.from(numbers as Float32Array, floatText).join(',');
}

/** A whole number keeps its point, and what is no number is a word in quotes, as json2pb writes them. */
function floatText(number: number): string {
  if (!Number.isFinite(number)) return `"${number}"`;
  return Number.isInteger(number) && Math.abs(number) < 1e21
    ? `${Object.is(number, -0) ? '-0' : number}.0`
    : `${number}`;
}

async function base64({ bytes }: NumberTensor): Promise<Buffer[]> {
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const parts: Buffer[] = [];
  for (let from = 0; from < source.length; from += sliceBytes) {
    if (from > 0) await nextTurn();
    parts.push(Buffer.from(source.toString('base64', from, Math.min(source.length, from + sliceBytes)), 'latin1'));
  }
  return parts;
}

function text(name: string, value: string): string {
  return value === '' ? '' : `,"${name}":${JSON.stringify(value)}`;
}
