import { create } from '@bufbuild/protobuf';
import { Fault } from '../../domain/fault.ts';
import { datatypeOf, elementTypeOf } from './datatypes.ts';
import {
  type ModelInferRequest,
  type ModelInferRequest_InferInputTensor,
  type ModelInferResponse,
  ModelInferResponse_InferOutputTensorSchema,
  ModelInferResponseSchema,
} from './gen/open_inference_pb.ts';
import { parametersOfProto, tensorOfContents, textParameter } from './grpcTensors.ts';
import type { InferOutput, InferReply, InferRequest } from './inferRequest.ts';
import { classificationOf, refuseSharedMemory } from './parameters.ts';
import { bytesOfTensor, tensorOfBytes } from './rawBytes.ts';
import { checkedDims, type WireTensor } from './wireTensor.ts';

/** A ModelInferRequest without its form. Throws Fault. */
export function parseGrpcInfer(message: ModelInferRequest): InferRequest {
  const { inputs, rawInputContents, modelName } = message;
  if (inputs.length === 0) throw Fault.expected('invalid_request', '`inputs` to hold at least one tensor', 'none');
  const isRaw = rawInputContents.length > 0;
  if (isRaw && rawInputContents.length !== inputs.length) {
    const expected = `as many \`raw_input_contents\` as inputs (${inputs.length}) for model "${modelName}"`;
    throw Fault.expected('invalid_request', expected, String(rawInputContents.length));
  }
  return {
    id: message.id,
    parameters: parametersOfProto(message.parameters),
    inputs: inputs.map((input, index) => inputOf(input, isRaw ? rawInputContents[index] : undefined)),
    outputs: message.outputs.map(({ name, parameters }) => {
      const plain = parametersOfProto(parameters);
      refuseSharedMemory(plain);
      return { name, classification: classificationOf(name, plain), binary: undefined };
    }),
  };
}

function inputOf(input: ModelInferRequest_InferInputTensor, raw: Uint8Array | undefined): WireTensor {
  const { name, contents } = input;
  refuseSharedMemory(parametersOfProto(input.parameters));
  const type = elementTypeOf(input.datatype, name);
  const dims = checkedDims(input.shape, name);
  if (raw === undefined) return tensorOfContents(name, type, dims, contents);
  if (contents === undefined) return tensorOfBytes(name, type, dims, raw);
  const expected = `no \`contents\` of "${name}", as the request has \`raw_input_contents\``;
  throw Fault.expected('invalid_request', expected, 'both');
}

/** Outputs always come raw, as Triton's do and its clients expect. */
export function formatGrpcInfer({ model, version, id, outputs }: InferReply): ModelInferResponse {
  return create(ModelInferResponseSchema, {
    modelName: model,
    modelVersion: version,
    id,
    outputs: outputs.map(frameOf),
    rawOutputContents: outputs.map(({ tensor }) => bytesOfTensor(tensor)),
  });
}

function frameOf({ tensor, contentType }: InferOutput) {
  return create(ModelInferResponse_InferOutputTensorSchema, {
    name: tensor.name,
    datatype: tensor.type === 'bytes' ? 'BYTES' : datatypeOf(tensor.type),
    shape: tensor.dims.map(BigInt),
    parameters: contentType === undefined ? {} : { content_type: textParameter(contentType) },
  });
}
