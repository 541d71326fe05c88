import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { operatorFailure } from '../wire/brpc/brpcFailure.ts';
import { concatenated } from './concatenated.ts';
import type { OutputForm } from './elemTypes.ts';
import type { InferReply, ReplyTensor } from './inferReply.ts';
import { wordsOf } from './outputNumbers.ts';
import type { Generation } from './settings.ts';
import { encodeVarints } from './varints.ts';

/** Bytes in pieces, so that megabytes of numbers are copied once, at the end. */
interface Pieces {
  readonly parts: readonly Uint8Array[];
  readonly bytes: number;
}

interface TensorNumbers {
  readonly data: Readonly<Partial<Record<OutputForm['field'], number>>>;
  readonly elemType: number;
  readonly shape: number;
  readonly name?: number;
  readonly alias?: number;
}

/** Numbers of the fields of a tensor. */
const tensorNumbers: Readonly<Record<Generation, TensorNumbers>> = {
  '0.7': {
    data: {
      int64_data: 1,
      float_data: 2,
      int_data: 3,
      float64_data: 4,
      bool_data: 6,
      data: 9,
      tensor_content: 15,
    },
    elemType: 10,
    shape: 11,
    name: 13,
    alias: 14,
  },
  '0.6': { data: { data: 1, int_data: 2, int64_data: 3, float_data: 4 }, elemType: 5, shape: 6 },
};

/** The reply as protobuf, its fields in the order of their numbers. 0.6 has one more message around the tensors. */
export async function writeProtobuf({ generation, engineName, tensors, profileTimes }: InferReply): Promise<Buffer> {
  const fields: Pieces[] = [];
  for (const tensor of tensors) fields.push(field(1, await tensorOf(tensor, generation)));
  const inner = generation === '0.6' ? [field(1, joined(fields))] : fields;
  const name = plain((writer) => writer.tag(2, WireType.LengthDelimited).string(engineName));
  const output = field(1, joined([...inner, name]));
  const times = plain((writer) => {
    if (generation === '0.6') for (const time of profileTimes) writer.tag(2, WireType.Varint).int64(time);
    else {
      writer.tag(2, WireType.LengthDelimited).fork();
      for (const time of profileTimes) writer.int64(time);
      writer.join();
    }
  });
  return concatenated([...output.parts, ...times.parts]);
}

async function tensorOf({ tensor, alias, form }: ReplyTensor, generation: Generation): Promise<Pieces> {
  const numbers = tensorNumbers[generation];
  const dataNumber = numbers.data[form.field];
  if (dataNumber === undefined) {
    throw operatorFailure(
      `Output "${tensor.name}" of ${tensor.type} has no place in a reply of version ${generation}.`,
    );
  }
  const data = await dataOf(tensor, form, dataNumber);
  const rest = plain((writer) => {
    if (form.elemType !== 0) writer.tag(numbers.elemType, WireType.Varint).int32(form.elemType);
    // proto2 writes each side with its own tag; readers of either take both.
    if (tensor.dims.length > 0) {
      writer.tag(numbers.shape, WireType.LengthDelimited).fork();
      for (const side of tensor.dims) writer.int32(side);
      writer.join();
    }
    if (numbers.name !== undefined) writer.tag(numbers.name, WireType.LengthDelimited).string(tensor.name);
    if (numbers.alias !== undefined) writer.tag(numbers.alias, WireType.LengthDelimited).string(alias);
  });
  return joined(dataNumber > numbers.shape ? [rest, data] : [data, rest]);
}

async function dataOf(tensor: ReplyTensor['tensor'], form: OutputForm, number: number): Promise<Pieces> {
  if (tensor.type !== 'string' && tensor.bytes.length === 0) return { parts: [], bytes: 0 };
  if (tensor.type === 'string') {
    return plain((writer) => {
      for (const text of tensor.strings) writer.tag(number, WireType.LengthDelimited).string(text);
    });
  }
  if (form.field === 'int64_data' || form.field === 'int_data') {
    return field(number, await encodeVarints(wordsOf(tensor), form.field === 'int64_data' ? 8 : 4));
  }
  // Floats lie in a packed list as they lie in memory, and a bool is a varint of one byte.
  return field(number, { parts: [tensor.bytes], bytes: tensor.bytes.length });
}

function field(number: number, { parts, bytes }: Pieces): Pieces {
  const head = new BinaryWriter().tag(number, WireType.LengthDelimited).uint32(bytes).finish();
  return { parts: [head, ...parts], bytes: head.length + bytes };
}

function plain(write: (writer: BinaryWriter) => void): Pieces {
  const writer = new BinaryWriter();
  write(writer);
  const bytes = writer.finish();
  return { parts: [bytes], bytes: bytes.length };
}

function joined(pieces: readonly Pieces[]): Pieces {
  return {
    parts: pieces.flatMap(({ parts }) => parts),
    bytes: pieces.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}
