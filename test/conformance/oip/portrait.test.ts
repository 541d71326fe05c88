import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import sharp from 'sharp';
import { defaultLimits } from '../../../packages/server/src/domain/limits.ts';
import { openInProcess } from '../../../packages/server/src/engine/inProcess.ts';
import { builtInModels, findModels, resolveModel } from '../../../packages/server/src/models/repository.ts';
import {
  ModelInferRequestSchema,
  ModelInferResponseSchema,
} from '../../../packages/server/src/protocols/oip/gen/open_inference_pb.ts';
import { oipWire } from '../../../packages/server/src/protocols/oip/oipWire.ts';
import { repository } from '../../support/repository.ts';
import { openWire } from '../../support/wireServer.ts';
import { grpcCaller } from './grpcCaller.ts';
import { ask, bytesTensor, post, postBinary } from './oipServer.ts';

const infer = '/v2/models/portrait/infer';
const service = 'inference.GRPCInferenceService';

const photo = readFileSync(path.join(repository, 'examples/astronaut.jpg'));
const spec = resolveModel(await findModels([builtInModels()]), 'portrait');
const engine = await openInProcess({ models: [spec], limits: defaultLimits, threads: 2, checkGoldens: false });
after(() => engine.close());
const server = await openWire((services) => oipWire(services, { models: {}, modelControl: 'explicit' }), { engine });

describe('the built-in portrait model', { timeout: 60_000 }, () => {
  const tensor = async () => {
    const pixels = await sharp(photo).resize(352, 352, { fit: 'fill' }).removeAlpha().raw().toBuffer();
    return Float32Array.from({ length: pixels.length }, (_, index) => {
      const [channel, place] = [Math.floor(index / 65_536), index % 65_536];
      return pixels[place * 3 + channel]! / 255;
    });
  };

  it('gives the same logits over HTTP, as bytes and as JSON, and over gRPC', async () => {
    const values = await tensor();
    const bytes = Buffer.from(values.buffer);
    const { json: metadata } = await ask(server, '/v2/models/portrait');
    assert.deepEqual(metadata.inputs, [{ name: 'image', datatype: 'FP32', shape: [-1, 3, 352, 352] }]);
    const frame = { name: 'image', shape: [1, 3, 352, 352], datatype: 'FP32' };
    const binaryInput = { ...frame, parameters: { binary_data_size: bytes.length } };
    const { json, binary } = await postBinary(
      server,
      infer,
      { inputs: [binaryInput], parameters: { binary_data_output: true } },
      [bytes],
    );
    assert.deepEqual(json.outputs[0].shape, [1, 1, 352, 352]);
    const text = await post(server, infer, { inputs: [{ ...frame, data: [...values] }] });
    assert.deepEqual(Buffer.from(Float32Array.from(text.json.outputs[0].data).buffer), binary);
    const message = {
      modelName: 'portrait',
      inputs: [{ ...frame, shape: frame.shape.map(BigInt) }],
      rawInputContents: [bytes],
    };
    const reply = await grpcCaller(server).call(
      `${service}/ModelInfer`,
      ModelInferRequestSchema,
      ModelInferResponseSchema,
      message,
    );
    assert.deepEqual(Buffer.from(reply.rawOutputContents[0]!), binary);
    assert.ok(new Set(Float32Array.from(text.json.outputs[0].data)).size > 1000, 'logits differ from pixel to pixel');
  });

  it('gives the alpha of a photo, as PNG and as numbers', async () => {
    const input = { name: 'image', shape: [1], datatype: 'BYTES', parameters: { binary_data_size: photo.length + 4 } };
    const parameters = { binary_data_output: true };
    const png = await postBinary(server, infer, { inputs: [input], parameters }, [bytesTensor(photo)]);
    const { data, info } = await sharp(png.binary.subarray(4)).raw().toBuffer({ resolveWithObject: true });
    const raw = await postBinary(server, infer, { inputs: [input], parameters: { ...parameters, format: 'raw' } }, [
      bytesTensor(photo),
    ]);
    assert.deepEqual(raw.json.outputs[0].shape, [info.height, info.width]);
    const numbers = new Float32Array(new Uint8Array(raw.binary).buffer);
    const worst = numbers.reduce(
      (most, value, index) => Math.max(most, Math.abs(value * 255 - data[index * info.channels]!)),
      0,
    );
    assert.ok(worst <= 0.51, `the PNG is the numbers rounded; worst difference ${worst}`);
  });

  it('stops answering when it is unloaded, and answers again when loaded', async () => {
    assert.equal((await post(server, '/v2/repository/models/portrait/unload', '')).status, 200);
    assert.equal((await ask(server, '/v2/models/portrait/ready')).status, 400);
    const picture = { 'inference-header-content-length': '0', 'content-type': 'image/jpeg' };
    assert.equal((await post(server, infer, photo, picture)).status, 503);
    assert.equal((await post(server, '/v2/repository/models/portrait/load', '')).status, 200);
    assert.equal((await post(server, infer, photo, picture)).status, 200);
    const [stats] = (await ask(server, '/v2/models/portrait/stats')).json.model_stats;
    assert.ok(stats.inference_stats.success.count >= 1 && stats.inference_stats.fail.count >= 1);
  });
});
