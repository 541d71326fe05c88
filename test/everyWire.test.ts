import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, describe, it } from 'node:test';
import sharp from 'sharp';
import { examplePhoto } from './support/repository.ts';
import { startHere } from './support/servers.ts';

/**
 * One picture, one model, every wire: the same mask bit for bit. A square picture, so that a wire that swaps the sides by
 * its rules shows the same pixels.
 */
const side = 160;
const photo = await sharp(await readFile(examplePhoto))
  .resize(side, side)
  .png()
  .toBuffer();
const base64 = photo.toString('base64');

const server = await startHere(
  {
    wires: [
      { name: 'mortred', profile: 'b', port: 0 },
      { name: 'paddleseg-serving', port: 0 },
      { name: 'bentoml', port: 0, apis: [{ name: 'predict', model: 'portrait' }] },
      { name: 'paddlehub', port: 0, modules: ['humanseg_server', 'modnet_mobilenetv2_matting'] },
      { name: 'paddle-pipeline', port: 0 },
      { name: 'oip', port: 0, grpcPort: 0 },
      { name: 'paddle-rpc', port: 0 },
      { name: 'rembg', port: 0 },
      { name: 'huggingface', port: 0 },
    ],
  },
  { keep: true },
);
after(() => server.close());
const urls = new Map(server.addresses.toReversed().map(({ url, wires }) => [wires[0]!, url]));
const own = await server.engine.segment({
  model: 'portrait',
  image: photo,
  answers: [{ kind: 'alpha' }, { kind: 'labels' }],
});
const alpha = await greyOf(own.answers[0]!.bytes);
const labels = await greyOf(own.answers[1]!.bytes);
assert.ok(alpha.includes(0) && alpha.includes(255), 'the picture has both');

/** The first channel of an encoded picture of the expected size. */
async function greyOf(bytes: Uint8Array | string, channel: 0 | 3 = 0): Promise<Buffer> {
  const encoded = typeof bytes === 'string' ? Buffer.from(bytes, 'base64') : Buffer.from(bytes);
  const { data, info } = await sharp(encoded).extractChannel(channel).raw().toBuffer({ resolveWithObject: true });
  assert.deepEqual([info.width, info.height], [side, side]);
  return data;
}

async function post(
  wire: string,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  const isBytes = body instanceof Uint8Array || body instanceof FormData;
  const response = await fetch(`${urls.get(wire)}${path}`, {
    method: 'POST',
    body: isBytes ? (body as NonNullable<RequestInit['body']>) : JSON.stringify(body),
    headers: isBytes ? headers : { 'content-type': 'application/json', ...headers },
  });
  assert.equal(response.status, 200, await response.clone().text());
  return response;
}

// biome-ignore lint/suspicious/noExplicitAny: replies of nine protocols, looked at one by one
const ask = async (...args: Parameters<typeof post>): Promise<any> => (await post(...args)).json();

function assertSame(found: Buffer, expected: Buffer): void {
  assert.equal(found.length, expected.length);
  const wrong = found.findIndex((value, index) => value !== expected[index]);
  assert.equal(wrong, -1, `pixel ${wrong} is ${found[wrong]}, expected ${expected[wrong]}`);
}

describe('every wire gives the same mask', { timeout: 60_000 }, () => {
  it('native: raw body, form and JSON', async () => {
    const path = '/v1/models/portrait/segment?answer=alpha';
    const raw = await post('native', path, photo, { 'content-type': 'image/png' });
    assertSame(await greyOf(new Uint8Array(await raw.arrayBuffer())), alpha);
    const form = new FormData();
    form.append('image', new Blob([new Uint8Array(photo)]));
    assertSame(await greyOf(new Uint8Array(await (await post('native', path, form)).arrayBuffer())), alpha);
    const json = await ask('native', '/v1/models/portrait/segment', {
      image: base64,
      answer: 'alpha',
      response: 'json',
    });
    assertSame(await greyOf(json.answers[0].data), alpha);
  });

  it('mortred: matting and human segmentation', async () => {
    const body = { img_data: base64, req_id: 'x' };
    const matting = await ask('mortred', '/mortred_ai_server_v1/matting/modnet', body);
    assertSame(await greyOf(matting.data.segment_result), alpha);
    const human = await ask('mortred', '/mortred_ai_server_v1/scene_segmentation/pphuman_seg', body);
    assertSame(await greyOf(human.data.segment_result), labels);
  });

  it('PaddleSegServing', async () => {
    const reply = await ask('paddleseg-serving', '/ImageSegService/inference', {
      instances: [{ image_length: base64.length, image_binary: base64 }],
    });
    assertSame(await greyOf(JSON.parse(reply.prediction[0].info).mask), alpha);
  });

  it('BentoML: the class map as nested lists', async () => {
    const reply = await ask('bentoml', '/predict', photo, { 'content-type': 'image/png' });
    assertSame(Buffer.from((reply as number[][]).flat()), labels);
  });

  it('PaddleHub: alpha as PNG, and as JPEG within 12 of 255', async () => {
    const matting = await ask('paddlehub', '/predict/modnet_mobilenetv2_matting', { images: [base64] });
    assertSame(await greyOf(matting.results.data[0]), alpha);
    const human = await ask('paddlehub', '/predict/humanseg_server', { images: [base64] });
    const lossy = await greyOf(human.results[0].data);
    const worst = lossy.reduce((most, value, index) => Math.max(most, Math.abs(value - alpha[index]!)), 0);
    assert.ok(worst <= 12, `${worst}`);
  });

  it('Paddle Serving pipeline: the alpha of the cut-out', async () => {
    const reply = await ask('paddle-pipeline', '/matting/prediction', { key: ['image'], value: [base64] });
    assertSame(await greyOf(reply.value[0], 3), alpha);
  });

  it('Open Inference Protocol: an encoded picture in a BYTES tensor', async () => {
    const input = {
      name: 'image',
      datatype: 'BYTES',
      shape: [1],
      data: [base64],
      parameters: { content_type: 'base64' },
    };
    const reply = await ask('oip', '/v2/models/portrait/infer', { inputs: [input], parameters: { answer: 'alpha' } });
    assertSame(await greyOf(reply.outputs[0].data[0]), alpha);
  });

  it('rembg: the mask alone, and the alpha of the cut-out', async () => {
    const form = () => {
      const made = new FormData();
      made.append('file', new Blob([new Uint8Array(photo)]), 'photo.png');
      return made;
    };
    const mask = await post('rembg', '/api/remove?om=true', form());
    assertSame(await greyOf(new Uint8Array(await mask.arrayBuffer())), alpha);
    const cutout = await post('rembg', '/api/remove', form());
    assertSame(await greyOf(new Uint8Array(await cutout.arrayBuffer()), 3), alpha);
  });

  it('Hugging Face: the mask of the person', async () => {
    const reply = await ask('huggingface', '/models/segserve/portrait', photo, { 'content-type': 'image/png' });
    const person = reply.find(({ label }: { label: string }) => /foreground|person/.test(label));
    assertSame(await greyOf(person.mask), Buffer.from(labels.map((value) => value * 255)));
  });
});

describe('wires of raw tensors give the same numbers', { timeout: 60_000 }, () => {
  it('Open Inference Protocol and Paddle Serving RPC', async () => {
    const { inputs, outputs } = (await (await fetch(`${urls.get('oip')}/v2/models/portrait`)).json()) as {
      inputs: { name: string; shape: number[] }[];
      outputs: { name: string }[];
    };
    const [input] = inputs;
    const shape = input!.shape.map((length) => (length < 0 ? 1 : length));
    const count = shape.reduce((product, length) => product * length, 1);
    const numbers = Array.from({ length: count }, (_, index) => ((index * 37) % 256) / 255);
    const oip = await ask('oip', '/v2/models/portrait/infer', {
      inputs: [{ name: input!.name, datatype: 'FP32', shape, data: numbers }],
      outputs: [{ name: outputs[0]!.name }],
    });
    const rpc = await ask('paddle-rpc', '/GeneralModelService/inference', {
      tensor: [{ float_data: numbers, elem_type: 1, name: input!.name, alias_name: input!.name, shape }],
      fetch_var_names: [outputs[0]!.name],
      log_id: 0,
    });
    const tensor = rpc.outputs[0].tensor[0];
    assert.deepEqual(tensor.shape, oip.outputs[0].shape);
    assert.deepEqual(tensor.float_data.map(Math.fround), oip.outputs[0].data.map(Math.fround));
  });
});
