import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import sharp from 'sharp';
import { huggingfaceServer, photo } from './huggingfaceServer.ts';

const picture = await photo(24, 16, 'jpeg');
const server = await huggingfaceServer();

describe('replies', { timeout: 20_000 }, () => {
  test('of a matte give the foreground alone, in black and white', async () => {
    const reply = await server.post('/', picture);
    assert.equal(reply.headers['content-type'], 'application/json');
    assert.deepEqual(
      reply.segments.map(({ mask: _, ...rest }) => rest),
      [{ score: 0.75, label: 'person' }],
    );
    assert.deepEqual(Object.keys(reply.segments[0]!), ['score', 'label', 'mask']);
    const mask = sharp(Buffer.from(reply.segments[0]!.mask, 'base64'));
    const { format, width, height, space } = await mask.metadata();
    assert.deepEqual([format, width, height, space], ['png', 24, 16, 'b-w']);
  });

  test('of classes give every class that is there, the largest first', async () => {
    const { segments } = await server.post('/models/street', picture);
    assert.deepEqual(
      segments.map(({ label, score }) => [label, score]),
      [
        ['road "A"', 0.9],
        ['car', 0.5],
        ['sky', 0.25],
      ],
    );
    assert.equal(new Set(segments.map(({ mask }) => mask)).size, 3);
  });

  test('leave out a score that is not known: the JavaScript client takes no null', async () => {
    const { segments } = await server.post('/models/indices', picture);
    assert.deepEqual(Object.keys(segments[0]!), ['label', 'mask']);
  });

  test('give each instance for itself', async () => {
    const { segments } = await server.post('/models/things', picture);
    assert.deepEqual(
      segments.map(({ label, score }) => [label, score]),
      [
        ['cat', 0.875],
        ['cat', 0.5],
      ],
    );
  });

  test('say the seconds of work, without those in the queue, and what did it', async () => {
    const types = { portrait: 'cpu', street: 'gpu', indices: undefined };
    for (const [model, type] of Object.entries(types)) {
      const { headers } = await server.post(`/models/${model}`, picture);
      assert.deepEqual([headers['x-compute-time'], headers['x-compute-type']], ['0.042', type]);
    }
  });

  test('are the same whatever Accept and Authorization say', async () => {
    const plain = await server.post('/', picture);
    const headers = { accept: 'image/png', authorization: 'Bearer hf_x', 'accept-encoding': 'gzip' };
    const { status, text, headers: got } = await server.post('/', picture, { headers });
    assert.deepEqual([status, text, got['content-encoding']], [200, plain.text, undefined]);
  });

  test('carry many large masks', async () => {
    const png = 'A'.repeat(200_000);
    const masks = Array.from({ length: 50 }, (_, id) => ({ id, label: `class ${id}`, score: id / 50, pixels: 1, png }));
    server.engine.instead = async (request) => {
      const result = await server.engine.answer(request);
      const bytes = Buffer.from(JSON.stringify({ width: 24, height: 16, masks }));
      return { ...result, answers: [{ ...result.answers[0]!, bytes }] };
    };
    const { segments, headers } = await server.post('/', picture, { headers: { 'accept-encoding': 'gzip' } });
    server.engine.instead = undefined;
    assert.equal(headers['content-encoding'], undefined, 'pictures are not compressed again');
    assert.deepEqual(
      segments,
      masks.map(({ label, score, png: mask }) => ({ score, label, mask })),
    );
  });

  test('are CORS’s business as the listener says', async () => {
    const open = await huggingfaceServer({
      settings: { token: 'secret' },
      listen: { cors: { origins: ['https://app.example'] } },
    });
    const headers = { origin: 'https://app.example' };
    for (const more of [{}, { authorization: 'Bearer secret' }]) {
      const reply = await open.post('/', picture, { headers: { ...headers, ...more } });
      assert.equal(reply.headers['access-control-allow-origin'], 'https://app.example', `${reply.status}`);
    }
    assert.equal((await server.post('/', picture, { headers })).headers['access-control-allow-origin'], undefined);
  });
});
