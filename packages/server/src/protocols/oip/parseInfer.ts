import { Fault } from '../../domain/fault.ts';
import { base64Part, decodeBase64 } from '../wire/base64.ts';
import { type JsonArray, type JsonObject, type JsonValue, readJsonDocument } from '../wire/jsonDocument.ts';
import { asArray, asObject, textField } from '../wire/jsonFields.ts';
import { LongNumbers } from '../wire/longNumbers.ts';
import { BinarySection } from './binarySection.ts';
import { elementTypeOf } from './datatypes.ts';
import { imageInputName } from './inference.ts';
import type { InferRequest, OutputWish, Parameters } from './inferRequest.ts';
import { tensorOfJson } from './jsonTensor.ts';
import { classificationOf, flagOf, parametersOf, refuseSharedMemory } from './parameters.ts';
import { tensorOfBytes } from './rawBytes.ts';
import { type BytesTensor, checkedDims, type WireTensor } from './wireTensor.ts';

export interface HttpInferRequest extends InferRequest {
  /** Whether outputs come as bytes where they say nothing of it themselves. */
  readonly isBinaryOutput: boolean;
}

/** Bytes of JSON besides long texts and arrays of numbers: names, shapes, and BOOL tensors. */
const restBytesMax = 8 * 1024 * 1024;
const tensorsMax = 1024;

/**
 * An inference request: JSON, and behind it the bytes of those inputs that name a `binary_data_size`, where
 * Inference-Header-Content-Length told how long the JSON is. `takesPictures`: a text in the input `image` is base64.
 * Throws Fault.
 */
export async function parseInfer(
  body: Buffer,
  jsonBytes: number | undefined,
  takesPictures: boolean,
): Promise<HttpInferRequest> {
  const end = jsonBytes ?? body.length;
  const json = await readJsonDocument(body.subarray(0, end), { restBytesMax, exactNumbers: true });
  const request = asObject(json, 'the request');
  const binary = new BinarySection(body.subarray(end));
  const inputs: WireTensor[] = [];
  for (const input of tensorList(request.inputs, '`inputs`')) {
    inputs.push(await inputOf(asObject(input, 'an input'), binary, takesPictures));
  }
  if (inputs.length === 0) throw Fault.expected('invalid_request', '`inputs` to hold at least one tensor', 'none');
  binary.end();
  const parameters = parametersOf(request.parameters, 'the request');
  return {
    id: request.id === undefined || request.id === null ? '' : textField(request.id, '`id`'),
    parameters,
    inputs,
    outputs: tensorList(request.outputs ?? [], '`outputs`').map(wishOf),
    isBinaryOutput: flagOf(parameters, 'binary_data_output') ?? false,
  };
}

async function inputOf(input: JsonObject, binary: BinarySection, takesPictures: boolean): Promise<WireTensor> {
  const name = textField(input.name, 'the name of an input');
  const type = elementTypeOf(textField(input.datatype, `the datatype of "${name}"`), name);
  const parameters = parametersOf(input.parameters, `"${name}"`);
  refuseSharedMemory(parameters);
  const dims = checkedDims(await sidesOf(input.shape, name), name);
  const size = parameters.binary_data_size;
  if (size === undefined) {
    const tensor = await tensorOfJson(name, type, dims, input.data);
    return tensor.type === 'bytes' && isBase64(name, parameters, takesPictures) ? decoded(tensor) : tensor;
  }
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
    throw Fault.expected('invalid_request', `\`binary_data_size\` of "${name}" to be a number of bytes`, String(size));
  }
  if (input.data !== undefined) {
    throw Fault.expected('invalid_request', `"${name}" either in \`data\` or with \`binary_data_size\``, 'both');
  }
  return tensorOfBytes(name, type, dims, binary.take(name, size));
}

/** MLServer says `content_type: base64`; a picture in JSON can be nothing else. */
function isBase64(name: string, parameters: Parameters, takesPictures: boolean): boolean {
  if (parameters.content_encoding === 'base64' || parameters.content_type === 'base64') return true;
  return takesPictures && name === imageInputName;
}

async function decoded(tensor: BytesTensor): Promise<BytesTensor> {
  const elements: Buffer[] = [];
  for (const element of tensor.elements) {
    elements.push(await decodeBase64(base64Part(element, tensor.name), tensor.name));
  }
  return { ...tensor, elements };
}

async function sidesOf(shape: JsonValue | undefined, name: string): Promise<Iterable<number>> {
  if (shape instanceof LongNumbers && shape.shape.length === 1) return shape.toFloat64Array();
  const sides = asArray(shape, `\`shape\` of "${name}"`);
  if (sides.length === 0) return [];
  throw Fault.expected('invalid_request', `\`shape\` of "${name}" to be a list of numbers`, 'a list of something else');
}

function wishOf(value: JsonValue): OutputWish {
  const output = asObject(value, 'an output');
  const name = textField(output.name, 'the name of an output');
  const parameters = parametersOf(output.parameters, `"${name}"`);
  refuseSharedMemory(parameters);
  const classification = classificationOf(name, parameters);
  return { name, classification, binary: flagOf(parameters, 'binary_data') };
}

function tensorList(value: JsonValue | undefined, name: string): JsonArray {
  const list = asArray(value, name);
  if (list.length <= tensorsMax) return list;
  throw Fault.expected('invalid_request', `at most ${tensorsMax} tensors in ${name}`, String(list.length));
}
