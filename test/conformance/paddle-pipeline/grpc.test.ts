import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { create, toBinary } from '@bufbuild/protobuf';
import { RequestSchema as OldRequestSchema } from '../../../packages/server/src/protocols/paddle-pipeline/gen/paddle_pipeline_v06_pb.ts';
import { pipelineServer } from './pipelineServer.ts';

const picture = Buffer.from('a picture').toString('base64');
const one = { key: ['image'], value: [picture] };
const limits = { timeout: 20_000 };

describe('the gRPC service', limits, () => {
  it('answers a request with the name of the service, and one without', async () => {
    const server = await pipelineServer();
    for (const name of ['matting', '']) {
      const reply = await server.grpc({ ...one, name, method: 'prediction', logid: 3n, clientip: '127.0.0.1' });
      assert.deepEqual([reply.errNo, reply.errMsg, reply.key], [0, '', ['alpha']]);
    }
    assert.equal(Buffer.from(server.fake.requests[0]!.image).toString(), 'a picture');
  });

  it('tells another name in err_no', async () => {
    const server = await pipelineServer();
    const reply = await server.grpc({ ...one, name: 'other' });
    assert.deepEqual([reply.errNo, reply.errMsg], [3002, 'Failed to inference: Service name error.']);
  });

  it('knows a request of v0.4 to v0.6 by its fields', async () => {
    const server = await pipelineServer();
    const old = { ...one, name: 'matting', method: 'prediction', logid: 12n, clientip: '10.0.0.1' };
    const reply = await server.grpc(toBinary(OldRequestSchema, create(OldRequestSchema, old)));
    assert.deepEqual([reply.errNo, reply.key], [0, ['alpha']]);
    const wrong = await server.grpc(toBinary(OldRequestSchema, create(OldRequestSchema, { ...old, name: 'other' })));
    assert.equal(wrong.errNo, 3002);
  });

  it('knows it by the client address alone, too', async () => {
    const server = await pipelineServer();
    const old = toBinary(OldRequestSchema, create(OldRequestSchema, { ...one, name: 'other', clientip: '10.0.0.1' }));
    assert.equal((await server.grpc(old)).errNo, 3002);
    assert.equal((await server.grpc({ ...one, name: 'other', clientip: '10.0.0.1' })).errNo, 3002);
  });

  it('takes a request of v0.4 without log id and address by the configured generation', async () => {
    const bytes = toBinary(OldRequestSchema, create(OldRequestSchema, { ...one, name: 'other' }));
    assert.equal((await (await pipelineServer({ generation: '0.4' })).grpc(bytes)).errNo, 7);
  });

  it('carries tensors', async () => {
    const server = await pipelineServer({ ops: { raw: { model: 'scene', answer: 'tensors' } } });
    const reply = await server.grpc({ tensors: [{ name: 'x', elemType: 0, int64Data: [2n ** 60n], shape: [1] }] });
    assert.deepEqual(reply.value, ['array([1152921504606846976])']);
  });

  it('gives bytes that are no message a status', async () => {
    const server = await pipelineServer();
    await assert.rejects(server.grpc(Buffer.from([0x0a, 0xff])), { code: 3 });
  });

  it('lets the caller’s deadline reach the engine', async () => {
    const server = await pipelineServer();
    await server.grpc(one, 4000);
    const { deadlineMs = 0 } = server.fake.requests[0]!;
    assert.ok(deadlineMs > 1000 && deadlineMs <= 4000, String(deadlineMs));
  });
});
