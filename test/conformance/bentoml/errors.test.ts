import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type FaultCode, faultCodeList } from '@segserve/contract';
import { Fault } from '../../../packages/server/src/domain/fault.ts';
import { bentoMeanings } from '../../../packages/server/src/protocols/bentoml/faults.ts';
import { bundleServer, formOf, text } from './bundleServer.ts';

const html = 'text/html; charset=utf-8';
const plain = 'text/plain; charset=utf-8';
const apis = [
  { name: 'file' },
  { name: 'image', input: 'ImageInput' },
  { name: 'images', input: 'MultiImageInput', inputNames: ['a'] },
] as const;
const server = await bundleServer({ apis });
const late = await bundleServer({ apis, version: '0.13', mbMaxLatencyMs: 120_000 });
const hidden =
  'An error has occurred in BentoML user code when handling this request, find the error details in server logs';

type Row = readonly [status: number, body: string, type: string | undefined];

/** What an API answers when the engine fails so. */
async function answerTo(code: FaultCode, path = '/file', bundle = server): Promise<Row> {
  bundle.engine.fail(new Fault(code, `About ${code}.`));
  const form = formOf([{ field: 'a', fileName: 'a.png', bytes: 'a' }]);
  const reply = await bundle.call(path, form.body, form.headers);
  return [reply.status, text(reply), reply.headers['content-type']];
}

const thrown = (code: FaultCode): Row => [500, `Exception happened in API function: About ${code}.`, html];
const json = (status: number, code: FaultCode): Row => [
  status,
  `{"message":"BentoService error handling API request: About ${code}."}`,
  'application/json',
];

const rows: Partial<Record<FaultCode, Row>> = {
  invalid_request: json(400, 'invalid_request'),
  unknown_model: [500, hidden, html],
  unknown_answer: thrown('unknown_answer'),
  not_acceptable: json(406, 'not_acceptable'),
  unsupported_media_type: json(415, 'unsupported_media_type'),
  empty_image: thrown('empty_image'),
  unsupported_image: thrown('unsupported_image'),
  corrupt_image: thrown('corrupt_image'),
  image_too_large: thrown('image_too_large'),
  poison_input: thrown('poison_input'),
  source_forbidden: [403, '', html],
  source_unavailable: json(424, 'source_unavailable'),
  request_timeout: [408, 'Request timeout', plain],
  overloaded: [429, 'Too Many Requests', plain],
  shutting_down: [503, 'Service Unavailable', plain],
  model_not_ready: [503, 'Service Unavailable', plain],
  deadline_exceeded: [503, 'Service Unavailable', plain],
  cancelled: [499, '', html],
  worker_failed: [503, 'Service Unavailable', plain],
  model_invalid: [500, hidden, html],
  config_invalid: [500, hidden, html],
  internal: [500, hidden, html],
};

describe('Errors of an inference route', () => {
  for (const code of faultCodeList) {
    const row = rows[code];
    it(`${code}: ${row ? row[0] : 'a page'}`, async () => {
      const [status, body, type] = await answerTo(code);
      if (row) return assert.deepEqual([status, body, type], row);
      assert.deepEqual([status, type], [bentoMeanings[code].status, html]);
      assert.match(body, new RegExp(`^<!doctype html>\\n<html lang="en">\\n<title>${status} `));
    });
  }

  for (const path of ['/image', '/images']) {
    it(`${path.slice(1)}: a picture that cannot be decoded is the request's fault, in the decoder's words`, async () => {
      for (const code of ['empty_image', 'unsupported_image', 'corrupt_image', 'image_too_large'] as const) {
        assert.deepEqual(await answerTo(code, path), [400, `About ${code}.`, html]);
      }
    });
  }

  it('a text that a caller could have written does not become markup', async () => {
    server.engine.fail(new Fault('unknown_answer', 'No <script>.'));
    assert.equal(text(await server.call('/file')), 'Exception happened in API function: No &#60;script&#62;.');
  });

  it('too few results', async () => {
    server.engine.instead = async (request) => ({ ...server.engine.answer(request), answers: [] });
    const reply = await server.call('/file');
    assert.deepEqual([reply.status, text(reply)], [500, "The return values of Api Function doesn't match tasks"]);
    assert.equal(reply.headers['content-type'], html);
  });

  it('a value that cannot be written, and any other defect, says nothing of the inside', async () => {
    server.engine.instead = () => Promise.reject(new TypeError('secret of /etc'));
    const reply = await server.call('/file');
    assert.deepEqual([reply.status, text(reply), reply.headers['content-type']], [500, hidden, html]);
    server.engine.instead = async (request) => {
      const result = server.engine.answer(request);
      return { ...result, answers: [{ ...result.answers[0]!, bytes: Buffer.from('not a .npy file at all') }] };
    };
    assert.deepEqual(text(await server.call('/file')), hidden);
  });

  it('0.13: a request whose time is over is 408', async () => {
    assert.deepEqual(await answerTo('deadline_exceeded', '/file', late), [408, 'Request timeout', plain]);
  });

  it('429 says when to come again where the engine knows', async () => {
    server.engine.fail(new Fault('overloaded', 'Full.', { retryAfterMs: 1200 }));
    assert.equal((await server.call('/file')).headers['retry-after'], '2');
  });
});
