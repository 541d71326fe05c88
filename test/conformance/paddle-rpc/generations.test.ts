import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import {
  RequestSchema,
  ResponseSchema,
} from '../../../packages/server/src/protocols/paddle-rpc/gen/paddle_general_model_v06_pb.ts';
import { ask } from '../../support/ask.ts';
import { askGrpc, askJson, encode as encodeNew, fullName, openPaddleRpc, type Place, proto } from './callers.ts';
import { floats, numbersOf, tensor } from './tensorEngine.ts';

const place = await openPaddleRpc();

type OldRequest = MessageInitShape<typeof RequestSchema>;
const encode = (request: OldRequest) => toBinary(RequestSchema, create(RequestSchema, request));
const decode = (bytes: Uint8Array) => fromBinary(ResponseSchema, bytes);

async function askOld(to: Place, request: OldRequest) {
  const reply = await ask(to.address, { body: encode({ logId: 0n, ...request }), headers: proto });
  assert.equal(reply.status, 200, String(reply.bytes));
  return decode(reply.bytes);
}

const one: OldRequest = {
  logId: 0n,
  insts: [{ tensorArray: [{ floatData: [0.5, 0.25], elemType: 1, shape: [1, 2] }] }],
  fetchVarNames: ['y'],
};

describe('paddle-rpc: messages of version 0.6', () => {
  it('are told from those of 0.7 by their bytes, and answered in kind', async () => {
    const reply = await askOld(place, one);
    assert.deepEqual(numbersOf(place.engine.sent), [0.5, 0.25]);
    assert.deepEqual([place.engine.sent.name, place.engine.sent.dims], ['x', [1, 2]]);
    const [output] = reply.outputs;
    assert.equal(output!.engineName, 'GeneralInferOp_0');
    const [only] = output!.insts[0]!.tensorArray;
    assert.deepEqual([only!.floatData, only!.elemType, only!.shape], [[1.5], 1, [1, 1]]);
    assert.equal(reply.profileTime.length, 2);
  });

  it('are answered over gRPC too', async () => {
    const reply = decode(await askGrpc(place.port, `/${fullName}/inference`, encode(one)));
    assert.deepEqual(reply.outputs[0]!.insts[0]!.tensorArray[0]!.floatData, [1.5]);
  });

  it('carry integers one by one, each with its tag', async () => {
    const ints = Array.from({ length: 70_000 }, (_, at) => at * 7 - 1000);
    await askOld(place, { insts: [{ tensorArray: [{ intData: ints, elemType: 2, shape: [70_000] }] }] });
    assert.deepEqual(numbersOf(place.engine.sent), ints);
    const longs = [-(2n ** 63n), -1n, 5n, 2n ** 40n];
    await askOld(place, { insts: [{ tensorArray: [{ int64Data: longs, elemType: 0, shape: [4] }] }] });
    assert.deepEqual(numbersOf(place.engine.sent), longs);
  });

  it('have no names: tensors belong to the feeds in the order of the configuration', async () => {
    const other = await openPaddleRpc({ feed: { b_alias: 'b', a_alias: 'a' } });
    await askOld(other, {
      insts: [
        {
          tensorArray: [
            { floatData: [1], elemType: 1, shape: [1] },
            { int64Data: [2n], elemType: 0, shape: [1] },
          ],
        },
      ],
    });
    assert.deepEqual(
      other.engine.requests[0]!.inputs.map(({ name, type }) => `${name}: ${type}`),
      ['b: float32', 'a: int64'],
    );
    const third = { floatData: [1], elemType: 1, shape: [1] };
    const body = encode({ logId: 0n, insts: [{ tensorArray: [third, third, third] }] });
    const reply = await ask(other.address, { body, headers: proto });
    assert.equal(reply.status, 500);
    assert.match(
      String(reply.bytes),
      /Expected tensors for b \(b_alias\), a \(a_alias\) but received a tensor at place 3/,
    );
  });

  it('carry texts as bytes', async () => {
    await askOld(place, {
      insts: [{ tensorArray: [{ data: [Buffer.from('é'), Buffer.from('b')], elemType: 20, shape: [2] }] }],
    });
    assert.deepEqual(numbersOf(place.engine.sent), ['é', 'b']);
  });

  it('are told by the key insts in JSON', async () => {
    const reply = await askJson(
      place,
      '{"insts":[{"tensor_array":[{"float_data":[0.5,0.25],"elem_type":1,"shape":[1,2]}]}],"fetch_var_names":["y"],"log_id":0}',
    );
    assert.equal(reply.status, 200, String(reply.bytes));
    assert.match(
      String(reply.bytes),
      /^\{"outputs":\[\{"insts":\[\{"tensor_array":\[\{"float_data":\[1\.5\],"elem_type":1,"shape":\[1,1\]\}\]\}\],"engine_name":"GeneralInferOp_0"\}\],"profile_time":\[\d+,\d+\]\}$/,
    );
    assert.deepEqual(numbersOf(place.engine.sent), [0.5, 0.25]);
  });

  it('with several insts are refused rather than answered in part', async () => {
    const body = encode({ logId: 0n, insts: [one.insts![0]!, one.insts![0]!] });
    const reply = await ask(place.address, { body, headers: proto });
    assert.equal(reply.status, 400);
    assert.match(String(reply.bytes), /Fail to parse http body as .*2 insts; put the batch into the shape of one/);
  });

  it('that end in the middle of a number are no messages', async () => {
    const old = await openPaddleRpc({ generation: '0.6' });
    for (const tensor of [
      [0x25, 0, 0],
      [0x10, 0x80],
      [0x10, 1, 0x10],
    ]) {
      const message = Buffer.from([0x0a, tensor.length + 2, 0x0a, tensor.length, ...tensor]);
      const reply = await ask(old.address, { body: message, headers: proto });
      assert.equal(reply.status, 400, String(reply.bytes));
      assert.match(String(reply.bytes), /Fail to parse http body as/);
    }
  });

  it('have no place for what only 0.7 can carry', async () => {
    const usual = place.engine.outputs;
    place.engine.outputs = [tensor('uint8', 'y', [1], Uint8Array.of(1))];
    try {
      const reply = await ask(place.address, { body: encode(one), headers: proto });
      assert.equal(reply.status, 500);
      assert.match(String(reply.bytes), /uint8 has no place in a reply of version 0\.6/);
    } finally {
      place.engine.outputs = usual;
    }
  });

  it('give integers that a 0.6 client reads', async () => {
    const usual = place.engine.outputs;
    place.engine.outputs = [tensor('int64', 'y', [2], BigInt64Array.of(-3n, 2n ** 50n)), floats('z', [1], [2.5])];
    try {
      const { outputs } = await askOld(place, { ...one, fetchVarNames: [] });
      const [first, second] = outputs[0]!.insts[0]!.tensorArray;
      assert.deepEqual([first!.int64Data, first!.shape], [[-3n, 2n ** 50n], [2]]);
      assert.deepEqual(second!.floatData, [2.5]);
    } finally {
      place.engine.outputs = usual;
    }
  });
});

describe('paddle-rpc: messages of version 0.7', () => {
  it('are not taken for those of 0.6 even with nothing but numbers in them', async () => {
    const body = encodeNew({ tensor: [{ int64Data: [127n, 127n] }] });
    const reply = await ask(place.address, { body, headers: proto });
    assert.equal(reply.status, 500);
    assert.match(String(reply.bytes), /Expected tensors for x but received ""/);
  });
});

describe('paddle-rpc: the setting `generation`', () => {
  it('reads every message as one of that version', async () => {
    const old = await openPaddleRpc({ generation: '0.6' });
    assert.equal((await ask(old.address, { body: encode(one), headers: proto })).status, 200);
    const fresh = await openPaddleRpc({ generation: '0.7' });
    const reply = await ask(fresh.address, { body: encode(one), headers: proto });
    assert.notEqual(reply.status, 200);
  });
});
