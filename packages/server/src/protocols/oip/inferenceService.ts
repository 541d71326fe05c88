import { create, fromJson } from '@bufbuild/protobuf';
import type { GrpcCall, GrpcService } from '../../domain/wire.ts';
import { extensions } from './describe.ts';
import { grpcErrorOf } from './faults.ts';
import * as pb from './gen/open_inference_pb.ts';
import { ModelConfigSchema } from './gen/triton_model_config_pb.ts';
import { formatGrpcInfer, parseGrpcInfer } from './grpcInfer.ts';
import { type GrpcMethods, readMessage, streaming, unary } from './grpcMethods.ts';
import { flagParameter } from './grpcTensors.ts';
import { infer } from './inference.ts';
import { inOrder } from './inOrder.ts';
import type { OipHouse } from './oipHouse.ts';
import { settingMethods } from './settingMethods.ts';
import { sharedMemoryMethods } from './sharedMemoryMethods.ts';
import { statisticsMessage } from './statisticsMessage.ts';

/** `inference.GRPCInferenceService`: each method a line or few, as each address over HTTP. */
export function inferenceService(house: OipHouse): GrpcService {
  const methods = {
    ...serverMethods(house),
    ...modelMethods(house),
    ...repositoryMethods(house),
    ...settingMethods(),
    ...sharedMemoryMethods(),
  };
  return { name: pb.GRPCInferenceService.typeName, methods };
}

function serverMethods({ engine, version }: OipHouse): GrpcMethods {
  return {
    ServerLive: unary(pb.ServerLiveRequestSchema, pb.ServerLiveResponseSchema, () => ({ live: true })),
    ServerReady: unary(pb.ServerReadyRequestSchema, pb.ServerReadyResponseSchema, () => {
      return { ready: engine.notReady() === undefined };
    }),
    ServerMetadata: unary(pb.ServerMetadataRequestSchema, pb.ServerMetadataResponseSchema, () => {
      return { name: 'segserve', version, extensions: [...extensions] };
    }),
  };
}

function modelMethods(house: OipHouse): GrpcMethods {
  const { names, descriptions, statistics } = house;
  return {
    ModelReady: unary(pb.ModelReadyRequestSchema, pb.ModelReadyResponseSchema, ({ name, version }) => {
      return { ready: house.isReady(name, version) };
    }),
    ModelMetadata: unary(pb.ModelMetadataRequestSchema, pb.ModelMetadataResponseSchema, ({ name, version }) => {
      const { versions, inputs, outputs, ...rest } = descriptions.metadata(names.one(name, version));
      const tensor = (one: (typeof inputs)[number]) => ({ ...one, shape: one.shape.map(BigInt) });
      return { ...rest, versions: [...versions], inputs: inputs.map(tensor), outputs: outputs.map(tensor) };
    }),
    ModelConfig: unary(pb.ModelConfigRequestSchema, pb.ModelConfigResponseSchema, ({ name, version }) => {
      return { config: fromJson(ModelConfigSchema, descriptions.config(names.one(name, version))) };
    }),
    ModelStatistics: unary(pb.ModelStatisticsRequestSchema, pb.ModelStatisticsResponseSchema, ({ name, version }) => {
      const one = () => (version === '' ? names.versionsOf(name) : [names.one(name, version)]);
      const models = name === '' ? names.all() : one();
      return { modelStats: models.map((model) => statisticsMessage(model, statistics.of(model.ref))) };
    }),
    ModelInfer: unary(pb.ModelInferRequestSchema, pb.ModelInferResponseSchema, (message, call) => {
      return answer(house, message, call);
    }),
    ModelStreamInfer: streaming(pb.ModelStreamInferResponseSchema, (messages, call) => {
      const { streamRequestsMax: most, bodyBytesMax: weightMax } = house.options;
      const limits = { most, weightMax, weightOf: ({ length }: Uint8Array) => length };
      return inOrder(messages, limits, (bytes) => streamAnswer(house, bytes, call));
    }),
  };
}

async function answer(house: OipHouse, message: pb.ModelInferRequest, call: GrpcCall): Promise<pb.ModelInferResponse> {
  const served = house.names.one(message.modelName, message.modelVersion);
  const { signal, requestId, deadlineMs } = call;
  return formatGrpcInfer(await infer(house, served, parseGrpcInfer(message), { signal, requestId, deadlineMs }));
}

/** On a stream an error is a reply like others, unless the client has asked for it to be the stream's own. */
async function streamAnswer(house: OipHouse, bytes: Uint8Array, call: GrpcCall) {
  let id = '';
  try {
    const message = readMessage(pb.ModelInferRequestSchema, bytes);
    id = message.id;
    const inferResponse = await answer(house, message, call);
    // Every request has one reply, which therefore is its last.
    inferResponse.parameters.triton_final_response = flagParameter(true);
    return { errorMessage: '', inferResponse };
  } catch (error) {
    const known = grpcErrorOf(error);
    if (call.metadata('triton_grpc_error') === 'true') throw known;
    return { errorMessage: known.message, inferResponse: create(pb.ModelInferResponseSchema, { id }) };
  }
}

function repositoryMethods({ repository }: OipHouse): GrpcMethods {
  return {
    RepositoryIndex: unary(pb.RepositoryIndexRequestSchema, pb.RepositoryIndexResponseSchema, ({ ready }) => {
      return { models: repository.index(ready) };
    }),
    RepositoryModelLoad: unary(
      pb.RepositoryModelLoadRequestSchema,
      pb.RepositoryModelLoadResponseSchema,
      async ({ modelName, parameters }) => {
        await repository.load(modelName, Object.keys(parameters));
        return {};
      },
    ),
    RepositoryModelUnload: unary(
      pb.RepositoryModelUnloadRequestSchema,
      pb.RepositoryModelUnloadResponseSchema,
      async ({ modelName }) => {
        await repository.unload(modelName);
        return {};
      },
    ),
  };
}
