import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import sharp from 'sharp';
import { paddleRpcWire } from '../../../packages/server/src/protocols/paddle-rpc/paddleRpcWire.ts';
import { ask } from '../../support/ask.ts';
import { openPortrait } from '../../support/portraitEngine.ts';
import { prpcCall, prpcFrame } from '../../support/prpcClient.ts';
import { examplePhoto } from '../../support/repository.ts';
import { openWire } from '../../support/wireServer.ts';
import { askGrpc, decode, encode, fullName, proto } from './callers.ts';

const engine = await openPortrait();
const { inputs, outputs } = engine.signature('portrait');
const settings = { feed: { image: inputs[0]!.name }, fetch: { alpha: outputs[0]!.name } };
const server = await openWire((services) => paddleRpcWire(services, settings), { engine });
const side = 352;

/** The photo as the graph was exported to take it: RGB, channels first, −1…1. */
async function photoTensor(): Promise<number[]> {
  const pixels = await sharp(examplePhoto).resize(side, side, { fit: 'fill' }).removeAlpha().raw().toBuffer();
  return Array.from({ length: 3 * side * side }, (_, at) => {
    const [channel, pixel] = [Math.floor(at / (side * side)), at % (side * side)];
    return pixels[3 * pixel + channel]! / 127.5 - 1;
  });
}

test('The real portrait graph gives the same numbers over HTTP, gRPC and baidu_std', async () => {
  const message = encode({
    tensor: [
      { name: 'image', aliasName: 'image', elemType: 1, floatData: await photoTensor(), shape: [1, 3, side, side] },
    ],
    fetchVarNames: ['alpha'],
  });
  const overHttp = await ask(`${server.url}/GeneralModelService/inference`, { body: message, headers: proto });
  assert.equal(overHttp.status, 200, String(overHttp.bytes));
  const overGrpc = await askGrpc(server.port, `/${fullName}/inference`, message);
  const request = { serviceName: fullName, methodName: 'inference' };
  const [overFrame] = await prpcCall(server.port, [prpcFrame({ request }, message)]);
  assert.equal(overFrame!.meta.response?.errorCode, 0, overFrame!.meta.response?.errorText);
  const [http, grpc, frame] = [overHttp.bytes, overGrpc, gunzipSync(overFrame!.payload)].map(
    (bytes) => decode(bytes).outputs[0]!.tensor[0]!,
  );
  assert.deepEqual([http!.name, http!.aliasName, http!.elemType], [outputs[0]!.name, 'alpha', 1]);
  assert.deepEqual(http!.shape.slice(-2), [side, side]);
  assert.deepEqual(http!.floatData, grpc!.floatData);
  assert.deepEqual(http!.floatData, frame!.floatData);
  // Logits: clearly somebody, and clearly not everywhere.
  const share = http!.floatData.filter((logit) => logit > 0).length / http!.floatData.length;
  assert.ok(share > 0.1 && share < 0.9, `${share} of the pixels are foreground`);
});

test('A shape that the graph does not take is told of', async () => {
  const message = encode({ tensor: [{ name: 'image', elemType: 1, floatData: [1, 2, 3], shape: [1, 3] }] });
  const reply = await ask(`${server.url}/GeneralModelService/inference`, { body: message, headers: proto });
  assert.equal(reply.status, 500);
  assert.match(String(reply.bytes), /\[E-5100\]InferService inference failed! .+/);
});
