import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { fromBinary, type MessageInitShape, toJson } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import * as health from '../../../packages/server/src/protocols/oip/gen/grpc_health_v1_pb.ts';
import * as reflection from '../../../packages/server/src/protocols/oip/gen/grpc_reflection_v1_pb.ts';
import * as pb from '../../../packages/server/src/protocols/oip/gen/open_inference_pb.ts';
import { ModelConfigSchema } from '../../../packages/server/src/protocols/oip/gen/triton_model_config_pb.ts';
import { bytesOf, type GrpcCaller, grpcCaller } from './grpcCaller.ts';
import { bytesTensor, type OipServer, oipServer } from './oipServer.ts';

const limits = { timeout: 30_000 };
const service = 'inference.GRPCInferenceService';
const floats = (...values: number[]) => Buffer.from(Float32Array.from(values).buffer);
const input = (over: object = {}) => ({ name: 'x', datatype: 'FP32', shape: [1n, 2n], ...over });

type Infer = MessageInitShape<typeof pb.ModelInferRequestSchema>;
const inferOn = (caller: GrpcCaller, message: Infer, deadlineMs?: number) =>
  caller.call(`${service}/ModelInfer`, pb.ModelInferRequestSchema, pb.ModelInferResponseSchema, message, deadlineMs);
const raw = (over: Infer = {}): Infer => ({
  modelName: 'mirror',
  inputs: [input()],
  rawInputContents: [floats(1, 2)],
  ...over,
});

async function both(
  settings: Parameters<typeof oipServer>[0] = {},
): Promise<{ server: OipServer; caller: GrpcCaller }> {
  const server = await oipServer(settings);
  return { server, caller: grpcCaller(server) };
}

describe('what the server says of itself and its models, over gRPC', limits, () => {
  it('liveness, readiness and metadata', async () => {
    const { server, caller } = await both();
    const { live } = await caller.call(
      `${service}/ServerLive`,
      pb.ServerLiveRequestSchema,
      pb.ServerLiveResponseSchema,
      {},
    );
    const ready = () =>
      caller.call(`${service}/ServerReady`, pb.ServerReadyRequestSchema, pb.ServerReadyResponseSchema, {});
    assert.deepEqual([live, (await ready()).ready], [true, true]);
    server.engine.reasonNotReady = 'The models are loading.';
    assert.equal((await ready()).ready, false);
    const { name, version } = await caller.call(
      `${service}/ServerMetadata`,
      pb.ServerMetadataRequestSchema,
      pb.ServerMetadataResponseSchema,
      {},
    );
    assert.deepEqual([name, version], ['segserve', '1.2.3']);
  });

  it('readiness, metadata and configuration of a model', async () => {
    const { caller } = await both();
    const ready = (name: string, version = '') =>
      caller.call(`${service}/ModelReady`, pb.ModelReadyRequestSchema, pb.ModelReadyResponseSchema, { name, version });
    assert.deepEqual(
      [(await ready('mirror', '1')).ready, (await ready('mirror', '3')).ready, (await ready('nope')).ready],
      [true, false, false],
    );
    const metadata = await caller.call(
      `${service}/ModelMetadata`,
      pb.ModelMetadataRequestSchema,
      pb.ModelMetadataResponseSchema,
      { name: 'mirror' },
    );
    assert.deepEqual(
      [metadata.versions, metadata.inputs[0]?.shape, metadata.platform],
      [['1', '2'], [-1n, 2n], 'onnxruntime_onnx'],
    );
    const { config } = await caller.call(
      `${service}/ModelConfig`,
      pb.ModelConfigRequestSchema,
      pb.ModelConfigResponseSchema,
      { name: 'street', version: '1' },
    );
    const json = toJson(ModelConfigSchema, config!, { useProtoFieldName: true }) as Record<string, unknown>;
    assert.deepEqual([json.name, json.backend, config?.maxBatchSize], ['street', 'onnxruntime', 0]);
    assert.deepEqual(
      config?.input.map(({ name, dims }) => [name, dims]),
      [['pixels', [1n, 2n, 2n, 3n]]],
    );
    const unknown = caller.call(`${service}/ModelConfig`, pb.ModelConfigRequestSchema, pb.ModelConfigResponseSchema, {
      name: 'nope',
    });
    await assert.rejects(unknown, { code: 5 });
  });
});

describe('inference over gRPC', limits, () => {
  it('raw contents; outputs come raw, with id and version', async () => {
    const { server, caller } = await both();
    const reply = await inferOn(caller, raw({ id: 'seven', modelVersion: '1' }));
    assert.deepEqual([reply.modelName, reply.modelVersion, reply.id], ['mirror', '1', 'seven']);
    assert.deepEqual(
      reply.outputs.map(({ name, datatype, shape }) => [name, datatype, shape]),
      [['x', 'FP32', [1n, 2n]]],
    );
    assert.deepEqual(
      reply.rawOutputContents.map((bytes) => Buffer.from(bytes)),
      [floats(1, 2)],
    );
    assert.equal(server.engine.tensors[0]?.model, 'mirror:1');
  });

  it('typed contents are the same', async () => {
    const { caller } = await both();
    const inputs = [
      input({ contents: { fp32Contents: [1, 2] } }),
      { name: 'b', datatype: 'BYTES', shape: [2n], contents: { bytesContents: [Buffer.from('a'), Buffer.from('bc')] } },
    ];
    const reply = await inferOn(caller, { modelName: 'mirror', inputs });
    assert.deepEqual(
      reply.rawOutputContents.map((bytes) => Buffer.from(bytes)),
      [floats(1, 2), bytesTensor('a', 'bc')],
    );
  });

  const wrong: readonly [name: string, message: Infer, code: number, details: RegExp][] = [
    ['an unknown model', raw({ modelName: 'nope' }), 5, /nope/],
    ['an unknown version', raw({ modelVersion: '9' }), 5, /./],
    ['no inputs', raw({ inputs: [], rawInputContents: [] }), 3, /at least one tensor/],
    [
      'fewer raw contents than inputs',
      raw({ inputs: [input(), input()] }),
      3,
      /as many `raw_input_contents` as inputs \(2\)/,
    ],
    [
      'raw and typed contents',
      raw({ inputs: [input({ contents: { fp32Contents: [1, 2] } })] }),
      3,
      /no `contents` of "x"/,
    ],
    ['neither', raw({ rawInputContents: [] }), 3, /Expected 2 elements/],
    ['BF16', raw({ inputs: [input({ datatype: 'BF16' })] }), 3, /BF16/],
    ['a negative side', raw({ inputs: [input({ shape: [-1n] })] }), 3, /-1/],
    ['an output that is none', raw({ outputs: [{ name: 'z' }] }), 3, /"z"/],
    [
      'shared memory',
      raw({
        inputs: [
          input({ parameters: { shared_memory_region: { parameterChoice: { case: 'stringParam', value: 'r' } } } }),
        ],
      }),
      12,
      /Shared memory/,
    ],
  ];
  for (const [name, message, code, details] of wrong) {
    it(`${name} is refused with ${code}`, async () => {
      const { caller } = await both();
      await assert.rejects(inferOn(caller, message), { code, details });
    });
  }

  it('bytes that are no message are refused', async () => {
    const { caller } = await both();
    const nonsense = caller.call(`${service}/ModelInfer`, pb.InferParameterSchema, pb.ModelInferResponseSchema, {
      parameterChoice: { case: 'int64Param', value: -1n },
    });
    await assert.rejects(nonsense, { code: 3, details: /bytes that are none/ });
    const stream = caller.stream(`${service}/ModelStreamInfer`);
    stream.write(Buffer.of(0xff, 0xff, 0xff));
    const [bytes] = await once(stream, 'data');
    assert.match(fromBinary(pb.ModelStreamInferResponseSchema, bytes).errorMessage, /bytes that are none/);
    stream.end();
    await once(stream, 'end');
  });

  it('classification, timeout and options of pictures are parameters', async () => {
    const { server, caller } = await both();
    const int = (value: bigint) => ({ parameterChoice: { case: 'int64Param', value } as const });
    const text = (value: string) => ({ parameterChoice: { case: 'stringParam', value } as const });
    const pixels = { name: 'pixels', datatype: 'UINT8', shape: [1n, 2n, 2n, 3n] };
    const best = await inferOn(caller, {
      modelName: 'scene',
      inputs: [pixels],
      rawInputContents: [Buffer.alloc(12)],
      outputs: [{ name: 'scores', parameters: { classification: int(1n) } }],
      parameters: { timeout: int(2000n), sequence_id: int(2n ** 60n) },
    });
    assert.deepEqual(Buffer.from(best.rawOutputContents[0]!), bytesTensor('8.000000:1:kerb'));
    assert.ok(server.engine.tensors[0]!.deadlineMs! <= 2);
    const picture = await inferOn(caller, {
      modelName: 'matte',
      inputs: [{ name: 'image', datatype: 'BYTES', shape: [1n] }],
      rawInputContents: [bytesTensor('abc')],
      parameters: {
        answer: text('cutout'),
        format: text('webp'),
        threshold: { parameterChoice: { case: 'doubleParam', value: 0.5 } },
      },
    });
    assert.deepEqual(picture.outputs[0]?.parameters.content_type?.parameterChoice.value, 'image/webp');
    assert.equal(Buffer.from(picture.rawOutputContents[0]!).subarray(5).toString(), 'cutout as webp of abc');
    assert.equal(server.engine.pictures[0]?.threshold, 0.5);
  });

  it('the caller’s own deadline is the engine’s', async () => {
    const { server, caller } = await both();
    await inferOn(caller, raw(), 5000);
    const { deadlineMs } = server.engine.tensors[0]!;
    assert.ok(deadlineMs !== undefined && deadlineMs <= 5000 && deadlineMs > 1000, String(deadlineMs));
  });

  it('tens of megabytes go both ways', async () => {
    const { caller } = await both();
    const bytes = Buffer.alloc(40 * 1024 * 1024, 1);
    const big = input({ datatype: 'UINT8', shape: [BigInt(bytes.length)] });
    const reply = await inferOn(caller, raw({ inputs: [big], rawInputContents: [bytes] }));
    assert.equal(Buffer.compare(Buffer.from(reply.rawOutputContents[0]!), bytes), 0);
  });
});

describe('streams', limits, () => {
  const question = (id: string, over: Infer = {}) => bytesOf(pb.ModelInferRequestSchema, raw({ id, ...over }));
  const replyOf = (bytes: Buffer) => fromBinary(pb.ModelStreamInferResponseSchema, bytes);

  it('give replies in order, errors among them, each the last of its request', async () => {
    const { caller } = await both();
    const stream = caller.stream(`${service}/ModelStreamInfer`);
    for (const id of ['a', 'b', 'c']) stream.write(question(id, id === 'b' ? { modelName: 'nope' } : {}));
    stream.end();
    const replies = (await stream.toArray()).map(replyOf);
    assert.deepEqual(
      replies.map(({ inferResponse }) => inferResponse?.id),
      ['a', 'b', 'c'],
    );
    assert.deepEqual(
      replies.map(({ errorMessage }) => /nope/.test(errorMessage)),
      [false, true, false],
    );
    assert.equal(replies[0]?.inferResponse?.parameters.triton_final_response?.parameterChoice.value, true);
  });

  it('answer a request while the next has not come', async () => {
    const { caller } = await both();
    const stream = caller.stream(`${service}/ModelStreamInfer`);
    for (const id of ['a', 'b']) {
      stream.write(question(id));
      const [bytes] = await once(stream, 'data');
      assert.equal(replyOf(bytes).inferResponse?.id, id);
    }
    stream.end();
    await once(stream, 'end');
  });

  it('end with a status where the client has asked for that', async () => {
    const { caller } = await both();
    const stream = caller.stream(`${service}/ModelStreamInfer`, { triton_grpc_error: 'true' });
    stream.write(question('a', { modelName: 'nope' }));
    stream.on('data', () => {});
    const [error] = await once(stream, 'error');
    assert.equal(error.code, 5);
  });

  it('that break off tell the engine', async () => {
    const { server, caller } = await both();
    const started = Promise.withResolvers<AbortSignal>();
    server.engine.instead = (signal) => {
      started.resolve(signal);
      return new Promise(() => {});
    };
    const stream = caller.stream(`${service}/ModelStreamInfer`);
    stream.on('error', () => {});
    stream.write(question('a'));
    const signal = await started.promise;
    stream.cancel();
    await new Promise((resolve) => (signal.aborted ? resolve(0) : signal.addEventListener('abort', resolve)));
  });
});

describe('repository, statistics and settings over gRPC', limits, () => {
  it('index, unload, load', async () => {
    const { server, caller } = await both();
    const index = (ready: boolean) =>
      caller.call(`${service}/RepositoryIndex`, pb.RepositoryIndexRequestSchema, pb.RepositoryIndexResponseSchema, {
        ready,
      });
    const move = (action: 'Load' | 'Unload', message: MessageInitShape<typeof pb.RepositoryModelLoadRequestSchema>) =>
      caller.call(
        `${service}/RepositoryModel${action}`,
        pb.RepositoryModelLoadRequestSchema,
        pb.RepositoryModelLoadResponseSchema,
        message,
      );
    await move('Unload', { modelName: 'mirror' });
    assert.equal((await index(false)).models.length, 8);
    assert.equal((await index(true)).models.length, 5);
    await move('Load', { modelName: 'mirror' });
    assert.deepEqual(server.engine.moved, ['unload mirror:1', 'unload mirror:2', 'load mirror:1', 'load mirror:2']);
    const config = { parameterChoice: { case: 'stringParam', value: '{}' } as const };
    await assert.rejects(move('Load', { modelName: 'mirror', parameters: { config } }), { code: 12 });
    await assert.rejects(move('Load', { modelName: '' }), { code: 3 });
    const shut = await both({ modelControl: 'none' });
    const unload = shut.caller.call(
      `${service}/RepositoryModelUnload`,
      pb.RepositoryModelUnloadRequestSchema,
      pb.RepositoryModelUnloadResponseSchema,
      { modelName: 'mirror' },
    );
    await assert.rejects(unload, { code: 12 });
  });

  it('statistics count both forms', async () => {
    const { server, caller } = await both();
    await inferOn(caller, raw());
    await fetch(`${server.url}/v2/models/mirror/infer`, {
      method: 'POST',
      body: JSON.stringify({ inputs: [{ name: 'x', shape: [1, 2], datatype: 'FP32', data: [1, 2] }] }),
    });
    const { modelStats } = await caller.call(
      `${service}/ModelStatistics`,
      pb.ModelStatisticsRequestSchema,
      pb.ModelStatisticsResponseSchema,
      { name: 'mirror', version: '2' },
    );
    const [stats] = modelStats;
    assert.deepEqual([modelStats.length, stats?.inferenceCount, stats?.inferenceStats?.success?.count], [1, 2n, 2n]);
    assert.deepEqual(
      stats?.batchStats.map(({ batchSize, computeInfer }) => [batchSize, computeInfer?.ns]),
      [[1n, 20_000_000n]],
    );
  });

  it('settings are told, and cannot be changed', async () => {
    const { caller } = await both();
    const trace = (message: MessageInitShape<typeof pb.TraceSettingRequestSchema>) =>
      caller.call(`${service}/TraceSetting`, pb.TraceSettingRequestSchema, pb.TraceSettingResponseSchema, message);
    const log = (message: MessageInitShape<typeof pb.LogSettingsRequestSchema>) =>
      caller.call(`${service}/LogSettings`, pb.LogSettingsRequestSchema, pb.LogSettingsResponseSchema, message);
    const { settings } = await trace({});
    assert.deepEqual(settings.trace_level?.value, ['OFF']);
    await trace({ settings: { trace_level: { value: ['OFF'] }, trace_rate: { value: ['1000'] }, trace_file: {} } });
    await assert.rejects(trace({ settings: { trace_rate: { value: ['1'] } } }), { code: 12 });
    assert.equal((await log({})).settings.log_info?.parameterChoice.value, true);
    await log({ settings: { log_info: { parameterChoice: { case: 'boolParam', value: true } } } });
    await assert.rejects(log({ settings: { log_info: { parameterChoice: { case: 'boolParam', value: false } } } }), {
      code: 12,
    });
  });

  it('there is no shared memory', async () => {
    const { caller } = await both();
    // The messages of both kinds have the name in the same field.
    const status = pb.SystemSharedMemoryStatusRequestSchema;
    for (const kind of ['System', 'Cuda']) {
      const of = `${service}/${kind}SharedMemory`;
      const reply = await caller.call(`${of}Status`, status, pb.SystemSharedMemoryStatusResponseSchema, {});
      assert.deepEqual(reply.regions, {});
      await caller.call(`${of}Unregister`, status, pb.SystemSharedMemoryUnregisterResponseSchema, {});
      for (const method of ['Status', 'Register', 'Unregister']) {
        await assert.rejects(caller.call(`${of}${method}`, status, pb.ServerLiveResponseSchema, { name: 'r' }), {
          code: 12,
        });
      }
    }
  });
});

describe('health and reflection', limits, () => {
  const { HealthCheckRequestSchema, HealthCheckResponseSchema, HealthCheckResponse_ServingStatus: Status } = health;

  it('health is checked, of the server and of each service', async () => {
    const { server, caller } = await both();
    const check = (name: string) =>
      caller.call('grpc.health.v1.Health/Check', HealthCheckRequestSchema, HealthCheckResponseSchema, {
        service: name,
      });
    for (const name of ['', service, 'grpc.health.v1.Health']) assert.equal((await check(name)).status, Status.SERVING);
    await assert.rejects(check('nope'), { code: 5 });
    server.engine.reasonNotReady = 'No worker is ready.';
    assert.equal((await check('')).status, Status.NOT_SERVING);
  });

  it('health is watched: told at once, and again when it changes', async () => {
    const { server, caller } = await both();
    const stream = caller.stream('grpc.health.v1.Health/Watch');
    stream.on('error', () => {});
    stream.end(bytesOf(HealthCheckRequestSchema, {}));
    const next = async () => fromBinary(HealthCheckResponseSchema, (await once(stream, 'data'))[0]).status;
    assert.equal(await next(), Status.SERVING);
    server.engine.reasonNotReady = 'No worker is ready.';
    assert.equal(await next(), Status.NOT_SERVING);
    stream.cancel();
    const other = caller.stream('grpc.health.v1.Health/Watch');
    other.on('error', () => {});
    other.end(bytesOf(HealthCheckRequestSchema, { service: 'nope' }));
    const [bytes] = await once(other, 'data');
    assert.equal(fromBinary(HealthCheckResponseSchema, bytes).status, Status.SERVICE_UNKNOWN);
    other.cancel();
  });

  const { ServerReflectionRequestSchema, ServerReflectionResponseSchema } = reflection;
  type Question = MessageInitShape<typeof ServerReflectionRequestSchema>['messageRequest'];

  for (const version of ['v1', 'v1alpha']) {
    const askAll = async (caller: GrpcCaller, questions: readonly Question[]) => {
      const stream = caller.stream(`grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`);
      for (const messageRequest of questions) {
        stream.write(
          bytesOf(ServerReflectionRequestSchema, messageRequest ? { host: 'h', messageRequest } : { host: 'h' }),
        );
      }
      stream.end();
      return (await stream.toArray()).map((bytes) => fromBinary(ServerReflectionResponseSchema, bytes));
    };
    const filesOf = (reply: reflection.ServerReflectionResponse | undefined) =>
      reply?.messageResponse.case === 'fileDescriptorResponse'
        ? reply.messageResponse.value.fileDescriptorProto.map(
            (bytes) => fromBinary(FileDescriptorProtoSchema, bytes).name,
          )
        : reply?.messageResponse.case;

    it(`reflection ${version} describes every service and message`, async () => {
      const { caller } = await both();
      const [list, bySymbol, byMethod, byField, byFile, missing, numbers, noType, extension, nothing] = await askAll(
        caller,
        [
          { case: 'listServices', value: '' },
          { case: 'fileContainingSymbol', value: service },
          { case: 'fileContainingSymbol', value: `${service}.ModelInfer` },
          { case: 'fileContainingSymbol', value: 'inference.ModelInferRequest.InferInputTensor' },
          { case: 'fileByFilename', value: 'triton_model_config.proto' },
          { case: 'fileByFilename', value: 'nope.proto' },
          { case: 'allExtensionNumbersOfType', value: 'inference.ModelInferRequest' },
          { case: 'allExtensionNumbersOfType', value: 'nope' },
          { case: 'fileContainingExtension', value: { containingType: 'nope', extensionNumber: 1 } },
          undefined,
        ],
      );
      assert.ok(list?.messageResponse.case === 'listServicesResponse');
      assert.deepEqual(list.messageResponse.value.service.map(({ name }) => name).toSorted(), [
        'grpc.health.v1.Health',
        'grpc.reflection.v1.ServerReflection',
        'grpc.reflection.v1alpha.ServerReflection',
        service,
      ]);
      const files = ['open_inference.proto', 'triton_model_config.proto'];
      for (const reply of [bySymbol, byMethod, byField]) assert.deepEqual(filesOf(reply), files);
      assert.deepEqual(filesOf(byFile), ['triton_model_config.proto']);
      assert.equal(numbers?.messageResponse.case, 'allExtensionNumbersResponse');
      const codes = [missing, noType, extension, nothing].map((reply) =>
        reply?.messageResponse.case === 'errorResponse' ? reply.messageResponse.value.errorCode : undefined,
      );
      assert.deepEqual(codes, [5, 5, 5, 3]);
      assert.deepEqual([missing?.validHost, missing?.originalRequest?.messageRequest.value], ['h', 'nope.proto']);
    });
  }
});
