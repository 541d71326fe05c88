import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { redPicture } from './support/pictures.ts';
import { writeColorClicks } from './support/promptPackages.ts';
import { startHere } from './support/servers.ts';
import { temporaryFolder } from './support/temporaryFolder.ts';

/** Protocols of other servers know no prompts: a promptable model answers over each with that wire's own error. */
const root = temporaryFolder();
writeColorClicks(root, 'click');
const server = await startHere(
  {
    models: [root],
    wires: [
      { name: 'mortred', profile: 'b', port: 0, models: { modnet: 'click' } },
      { name: 'paddleseg-serving', port: 0, models: { any: 'click' } },
      { name: 'bentoml', port: 0, apis: [{ name: 'predict', model: 'click' }] },
      { name: 'paddlehub', port: 0, modules: ['humanseg_server'], models: { humanseg_server: 'click' } },
      { name: 'paddle-pipeline', port: 0, ops: { matting: { model: 'click' } } },
      { name: 'oip', port: 0, grpcPort: 0 },
      { name: 'rembg', port: 0, models: { u2net: 'click' } },
      { name: 'huggingface', port: 0 },
    ],
  },
  { keep: true },
);
after(() => server.close());
const picture = await redPicture(200);
const base64 = picture.toString('base64');
const needed = /^Expected prompts \(points, boxes or everything\) for click:1 but received none\.$/;

const urls = new Map(server.addresses.toReversed().map(({ url, wires }) => [wires[0]!, url]));

async function post(wire: string, path: string, body: unknown): Promise<{ status: number; text: string }> {
  const isBytes = body instanceof Uint8Array || body instanceof FormData;
  const reply = await fetch(`${urls.get(wire)}${path}`, {
    method: 'POST',
    body: isBytes ? (body as NonNullable<RequestInit['body']>) : JSON.stringify(body),
    headers: body instanceof FormData ? {} : { 'content-type': isBytes ? 'image/png' : 'application/json' },
  });
  return { status: reply.status, text: await reply.text() };
}

describe('a promptable model without prompts', { timeout: 60_000 }, () => {
  it('mortred: the code of bad input', async () => {
    const { status, text } = await post('mortred', '/mortred_ai_server_v1/matting/modnet', {
      img_data: base64,
      req_id: 'x',
    });
    assert.deepEqual([status, JSON.parse(text).code], [200, 3]);
  });

  it('PaddleSegServing: a failed operator that says why', async () => {
    const instances = [{ image_length: base64.length, image_binary: base64 }];
    const { status, text } = await post('paddleseg-serving', '/ImageSegService/inference', { instances });
    assert.equal(status, 500);
    assert.match(text, /\[E-5100\]InferService inference failed! Expected prompts .* but received none\./);
  });

  it('BentoML: 400', async () => {
    const { status, text } = await post('bentoml', '/predict', picture);
    assert.equal(status, 400);
    assert.match(JSON.parse(text).message, /Expected prompts .* but received none\.$/);
  });

  it('PaddleHub: status 101', async () => {
    const { text } = await post('paddlehub', '/predict/humanseg_server', { images: [base64] });
    const { msg, status } = JSON.parse(text);
    assert.match(msg, needed);
    assert.equal(status, '101');
  });

  it('Paddle Serving pipeline: the number of bad input', async () => {
    const { text } = await post('paddle-pipeline', '/matting/prediction', { key: ['image'], value: [base64] });
    const { err_no, err_msg } = JSON.parse(text);
    assert.equal(err_no, 10_000);
    assert.match(err_msg, /Expected prompts/);
  });

  it('Open Inference Protocol: 400, and prompts are no parameter of it', async () => {
    const input = {
      name: 'image',
      datatype: 'BYTES',
      shape: [1],
      data: [base64],
      parameters: { content_type: 'base64' },
    };
    const ask = (parameters: object) => post('oip', '/v2/models/click/infer', { inputs: [input], parameters });
    const none = await ask({});
    assert.equal(none.status, 400);
    assert.match(JSON.parse(none.text).error, needed);
    const some = await ask({ points: '1,2' });
    assert.equal(some.status, 400);
    assert.match(some.text, /Unknown field .*points/);
  });

  it('rembg: 400', async () => {
    const form = new FormData();
    form.append('file', new Blob([new Uint8Array(picture)]), 'photo.png');
    const { status, text } = await post('rembg', '/api/remove', form);
    assert.equal(status, 400);
    assert.match(JSON.parse(text).detail, needed);
  });

  it('Hugging Face: 400, since its task is another', async () => {
    const { status, text } = await post('huggingface', '/models/segserve/click', picture);
    assert.equal(status, 400);
    assert.match(
      JSON.parse(text).error,
      /Expected a model for image-segmentation but received click, which is for promptable\./,
    );
  });
});
