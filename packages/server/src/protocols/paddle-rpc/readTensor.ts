import { setImmediate as nextTurn } from 'node:timers/promises';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { UnreadableMessage } from '../wire/brpc/brpcFailure.ts';
import { concatenated } from './concatenated.ts';
import { dimsMax, type NumbersField, type SentTensor, stringsMax } from './inferMessage.ts';
import type { Generation } from './settings.ts';
import { countVarints, decodeVarints } from './varints.ts';

type TensorField = NumbersField | 'data' | 'elem_type' | 'shape' | 'name' | 'alias_name' | 'tensor_content' | 'unread';
export type Layout = ReadonlyMap<number, TensorField>;

/** The same fields have other numbers in each generation. `lod` and the data of types that are not taken go unread. */
export const layouts: Readonly<Record<Generation, Layout>> = {
  '0.7': new Map<number, TensorField>([
    [1, 'int64_data'],
    [2, 'float_data'],
    [3, 'int_data'],
    [9, 'data'],
    [10, 'elem_type'],
    [11, 'shape'],
    [12, 'unread'],
    [13, 'name'],
    [14, 'alias_name'],
    [15, 'tensor_content'],
  ]),
  '0.6': new Map<number, TensorField>([
    [1, 'data'],
    [2, 'int_data'],
    [3, 'int64_data'],
    [4, 'float_data'],
    [5, 'elem_type'],
    [6, 'shape'],
    [7, 'unread'],
  ]),
};

/** Elements that stand one by one, each with its tag, taken in one go. */
const sliceElements = 64 * 1024;
const sliceFields = 4096;
/** Pieces of one list; clients send one, or as many as there are elements in one run. */
const partsMax = 65_536;

/** One tensor of a request. Numbers stay as they are in the message until somebody asks for them. */
export async function readTensor(message: Uint8Array, layout: Layout): Promise<SentTensor> {
  const tensor = new ProtobufTensor();
  const reader = new BinaryReader(message);
  for (let count = 1; reader.pos < reader.len; count++) {
    const start = reader.pos;
    const [number, type] = reader.tag();
    const field = layout.get(number) ?? 'unread';
    if (field === 'int64_data' || field === 'int_data' || field === 'shape') {
      tensor.add(field, type === WireType.Varint ? await looseRun(reader, message, start, type) : packed(reader, type));
    } else if (field === 'float_data') {
      tensor.add(field, type === WireType.Bit32 ? await looseRun(reader, message, start, type) : packed(reader, type));
    } else if (field === 'elem_type' && type === WireType.Varint) tensor.elemType = reader.int32();
    else if (field === 'unread' || type !== WireType.LengthDelimited) reader.skip(type, number);
    else tensor.addBytes(field, reader.bytes());
    if (count % sliceFields === 0) await nextTurn();
  }
  tensor.shape = await tensor.readShape();
  return tensor;
}

function packed(reader: BinaryReader, type: WireType): Uint8Array {
  if (type === WireType.LengthDelimited) return reader.bytes();
  throw new UnreadableMessage('a list of numbers is of another type.');
}

/** Elements of one field that follow one another, each with its tag, as proto2 writes them: without their tags. */
async function looseRun(
  reader: BinaryReader,
  message: Uint8Array,
  start: number,
  type: WireType.Varint | WireType.Bit32,
): Promise<Uint8Array> {
  // Every field that may come so has a number below 16, and a tag of one byte.
  const tag = message[start]!;
  if (tag >= 0x80) throw new UnreadableMessage('a tag is longer than it has to be.');
  const { end, elements } = await endOfRun(message, start, tag, type);
  const out = Buffer.allocUnsafe(end - start - elements);
  let to = 0;
  for (let at = start; at < end; ) {
    ({ at, to } = copyElements(message, at, end, type, out, to));
    if (at < end) await nextTurn();
  }
  reader.pos = end;
  return out;
}

async function endOfRun(message: Uint8Array, start: number, tag: number, type: WireType) {
  let at = start;
  let elements = 0;
  while (message[at] === tag) {
    if (elements > 0) await nextTurn();
    const most = elements + sliceElements;
    for (; elements < most && message[at] === tag; elements++) at = endOfElement(message, at + 1, type);
  }
  if (at > message.length) throw new UnreadableMessage('a number has no end.');
  return { end: at, elements };
}

function copyElements(message: Uint8Array, from: number, end: number, type: WireType, out: Buffer, start: number) {
  let at = from;
  let to = start;
  for (let count = 0; count < sliceElements && at < end; count++) {
    let byte = at + 1;
    at = endOfElement(message, byte, type);
    while (byte < at) out[to++] = message[byte++]!;
  }
  return { at, to };
}

function endOfElement(message: Uint8Array, start: number, type: WireType): number {
  if (type === WireType.Bit32) return start + 4;
  let at = start;
  while (message[at]! >= 0x80) at++;
  return at + 1;
}

class ProtobufTensor implements SentTensor {
  name = '';
  alias = '';
  elemType = 0;
  shape: readonly number[] = [];
  /** Packed, in the order of the message. */
  readonly #parts: Record<NumbersField | 'shape', Uint8Array[]> = {
    int64_data: [],
    float_data: [],
    int_data: [],
    shape: [],
  };
  readonly #strings: string[] = [];
  #content: Uint8Array = new Uint8Array();

  add(field: NumbersField | 'shape', part: Uint8Array): void {
    this.#parts[field].push(part);
    if (this.#parts[field].length > partsMax) throw new UnreadableMessage('a list of numbers is in too many pieces.');
  }

  addBytes(field: 'data' | 'name' | 'alias_name' | 'tensor_content' | 'elem_type', bytes: Uint8Array): void {
    if (field === 'tensor_content') this.#content = bytes;
    else if (field === 'name') this.name = textOf(bytes);
    else if (field === 'alias_name') this.alias = textOf(bytes);
    else if (field === 'data') this.#strings.push(textOf(bytes));
    if (this.#strings.length > stringsMax) throw new UnreadableMessage(`it has more than ${stringsMax} texts.`);
  }

  async readShape(): Promise<number[]> {
    const dims = await concatenated(this.#parts.shape);
    if (countVarints(dims) > dimsMax) throw new UnreadableMessage(`a shape has more than ${dimsMax} sides.`);
    return [...new Int32Array((await decodeVarints(dims, 4)).buffer as ArrayBuffer)];
  }

  async numbers(field: NumbersField): Promise<Uint8Array> {
    const bytes = await concatenated(this.#parts[field]);
    return field === 'float_data' ? bytes : decodeVarints(bytes, field === 'int64_data' ? 8 : 4);
  }

  strings(): readonly string[] {
    return this.#strings;
  }

  async content(): Promise<Uint8Array> {
    return this.#content;
  }
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}
