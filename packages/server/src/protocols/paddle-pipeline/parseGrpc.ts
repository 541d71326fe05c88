import { fromBinary } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { Fault } from '../../domain/fault.ts';
import { RequestSchema, type Tensor } from './gen/paddle_pipeline_pb.ts';
import { RequestSchema as OldRequestSchema } from './gen/paddle_pipeline_v06_pb.ts';
import type { PipelineRequest } from './message.ts';
import type { Generation } from './settings.ts';
import { feedOf, type TensorParts } from './tensorFeed.ts';

/** Reads a request of either generation. Throws Fault `invalid_request`. */
export async function parseGrpc(message: Uint8Array, generation: Generation): Promise<PipelineRequest> {
  try {
    return isOld(message, generation) ? parseOld(message) : await parseNew(message);
  } catch (error) {
    if (error instanceof Fault || (error as Error).name === 'PipelineError') throw error;
    throw new Fault('invalid_request', 'The message is not a Request of the pipeline service.', { cause: error });
  }
}

/**
 * Which numbering the bytes were written by. Fields 5 to 7 tell it for certain: log id and client address are a number
 * and a text, and stand one later where there are tensors. Without them, the configured generation decides.
 */
function isOld(message: Uint8Array, generation: Generation): boolean {
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field === 7) return false;
    if (field === 6) return type === WireType.LengthDelimited;
    if (field === 5) return type === WireType.Varint;
    reader.skip(type, field);
  }
  return generation === '0.4';
}

function parseOld(message: Uint8Array): PipelineRequest {
  const { key, value, name, logid } = fromBinary(OldRequestSchema, message);
  return { keys: key, values: value, tensors: [], name, logId: logid };
}

async function parseNew(message: Uint8Array): Promise<PipelineRequest> {
  const { key, value, tensors, name, logid } = fromBinary(RequestSchema, message);
  const feeds = await Promise.all(tensors.map((tensor) => feedOf(partsOf(tensor))));
  return { keys: key, values: value, tensors: feeds, name, logId: logid };
}

function partsOf(tensor: Tensor): TensorParts {
  const numbers = (field: readonly number[]) => async () => Float64Array.from(field);
  return {
    name: tensor.name,
    elemType: tensor.elemType,
    shape: tensor.shape,
    int64: async () => BigInt64Array.from(tensor.int64Data),
    float: numbers(tensor.floatData),
    int: numbers(tensor.intData),
    float64: numbers(tensor.float64Data),
    uint32: numbers(tensor.uint32Data),
    bool: async () => Float64Array.from(tensor.boolData, Number),
    text: () => tensor.strData.join(''),
    bytes: async () => tensor.byteData,
  };
}
