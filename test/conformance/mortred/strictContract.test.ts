import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type FaultCode, faultCodeList } from '@segserve/contract';
import { Fault } from '../../../packages/server/src/domain/fault.ts';
import { statusText } from '../../../packages/server/src/protocols/mortred/statusCodes.ts';
import { type AskOptions, ask, type Reply } from '../../support/ask.ts';
import { redPicture } from '../../support/pictures.ts';
import { until } from '../../support/until.ts';
import { base64, bisenetv2, envelopeOf, goodBody, mortredServer, post, postStrict } from './mortredServer.ts';

const json = { 'content-type': 'application/json' };
const token = 'correct horse';
const bearer = { authorization: `Bearer ${token}` };

/** Status, code and text agree; `data` is null; the headers are those of every JSON reply. */
function assertRefused(reply: Reply, status: number, code: number, reqId = ''): void {
  assert.equal(reply.status, status, String(reply.bytes).slice(0, 200));
  assert.deepEqual(envelopeOf(reply), { req_id: reqId, code, msg: statusText('c', code), data: null });
  assertJsonHeaders(reply);
}

function assertJsonHeaders(reply: Reply): void {
  assert.equal(reply.headers['content-type'], 'application/json; charset=utf-8');
  assert.equal(reply.headers['cache-control'], 'no-store');
}

describe('mortred c: a good request', async () => {
  const server = await mortredServer({ profile: 'c' });

  test('is 200 with an envelope whose id is also X-Request-ID', async () => {
    const reply = await postStrict(server, bisenetv2);
    assert.equal(reply.status, 200);
    const { req_id, code, msg } = envelopeOf(reply);
    assert.deepEqual([req_id, code, msg], ['abc123', 0, 'success']);
    assertJsonHeaders(reply);
    assert.equal(reply.headers['x-request-id'], 'abc123');
    assert.doesNotMatch(String(reply.bytes), /\s/);
  });

  for (const type of ['application/json; charset=utf-8', 'Application/JSON', 'application/json;x=y ; z']) {
    test(`may have Content-Type "${type}"`, async () => {
      const reply = await postStrict(server, bisenetv2, goodBody, { headers: { 'content-type': type } });
      assert.equal(envelopeOf(reply).code, 0);
    });
  }

  for (const body of [{ img_data: base64 }, { img_data: base64, req_id: 7 }, { img_data: base64, req_id: '' }]) {
    test(`with req_id ${JSON.stringify((body as { req_id?: unknown }).req_id)} is given one of 16 hex digits`, async () => {
      const reply = await postStrict(server, bisenetv2, body);
      const { req_id, code } = envelopeOf(reply);
      assert.equal(code, 0);
      assert.match(req_id, /^[0-9a-f]{16}$/);
      assert.equal(reply.headers['x-request-id'], req_id);
    });
  }

  test('may have an id that no header can hold', async () => {
    const reply = await postStrict(server, bisenetv2, { img_data: base64, req_id: 'ü\r\nX-Evil: 1' });
    assert.equal(envelopeOf(reply).req_id, 'ü\r\nX-Evil: 1');
    assert.equal(reply.headers['x-request-id'], '%C3%BC%0D%0AX-Evil%3A%201');
    assert.equal(reply.headers['x-evil'], undefined);
    const long = await postStrict(server, bisenetv2, { img_data: base64, req_id: 'x'.repeat(5000) });
    assert.equal(envelopeOf(long).req_id.length, 5000);
    assert.ok(String(long.headers['x-request-id']).length < 100);
  });

  test('is not compressed: pictures are already', async () => {
    const headers = { ...json, 'accept-encoding': 'gzip' };
    const large = await redPicture(200, 2000, 1500);
    const reply = await post(server, bisenetv2, { img_data: large.toString('base64') }, { headers });
    assert.ok(reply.bytes.length > 4096);
    assert.equal(reply.headers['content-encoding'], undefined);
  });
});

describe('mortred c: refusals', async () => {
  const server = await mortredServer({ profile: 'c', strict: { bodyBytesMax: 4000 } });

  for (const method of ['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
    test(`${method} is 405, 62, Allow: POST`, async () => {
      const reply = await post(server, bisenetv2, goodBody, { method, headers: json });
      assertRefused(reply, 405, 62);
      assert.equal(reply.headers.allow, 'POST');
    });
  }

  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonx', 'nonsense', undefined]) {
    test(`Content-Type ${type ?? 'missing'} is 415, 60`, async () => {
      const reply = await post(server, bisenetv2, goodBody, { headers: type ? { 'content-type': type } : {} });
      assertRefused(reply, 415, 60);
    });
  }

  test('requireContentType false takes a body without a type, as the era’s own client sends it, and no other', async () => {
    const lenient = await mortredServer({ profile: 'c', strict: { requireContentType: false } });
    assert.equal(envelopeOf(await post(lenient, bisenetv2)).code, 0);
    assert.equal(envelopeOf(await post(lenient, bisenetv2, goodBody, { headers: { 'content-type': '' } })).code, 0);
    assertRefused(await post(lenient, bisenetv2, goodBody, { headers: { 'content-type': 'text/plain' } }), 415, 60);
  });

  for (const chunked of [false, true]) {
    test(`a body above the limit is 413, 61${chunked ? ', also in chunks' : ''}`, async () => {
      const body = { img_data: base64.padEnd(4001, 'A'), req_id: 'r' };
      assertRefused(await postStrict(server, bisenetv2, body, { chunked }), 413, 61);
    });
  }

  const small = Buffer.from('AA').toString('base64');
  const bodies: readonly (readonly [string, unknown, number, string?])[] = [
    ['an empty body', '', 50],
    ['malformed JSON', '{"img_data":', 50],
    ['null', 'null', 50],
    ['an array', '[]', 50],
    ['a number', '7', 50],
    ['a string', '"x"', 50],
    ['no img_data', { req_id: 'r' }, 3, 'r'],
    ['img_data that is a number', { img_data: 7, req_id: 'r' }, 3, 'r'],
    ['img_data that is null', { img_data: null, req_id: 'r' }, 3, 'r'],
    ['empty img_data', { img_data: '', req_id: 'r' }, 3, 'r'],
    ['img_data that is not base64', { img_data: '!', req_id: 'r' }, 3, 'r'],
    ['img_data that is no picture', { img_data: small, req_id: 'r' }, 3, 'r'],
  ];
  for (const [input, body, code, reqId] of bodies) {
    test(`${input} is 400, ${code}`, async () => {
      assertRefused(await postStrict(server, bisenetv2, body), 400, code, reqId);
    });
  }

  test('{} is 400, 3, with an id of the server’s', async () => {
    const reply = await postStrict(server, bisenetv2, {});
    assert.match(envelopeOf(reply).req_id, /^[0-9a-f]{16}$/);
    assertRefused(reply, 400, 3, envelopeOf(reply).req_id);
  });

  for (const target of ['/', '/nothing', `${bisenetv2}/`, `/${bisenetv2}`, '/%', '/jobs', '/jobs/1']) {
    test(`${target} is 404, 63`, async () => assertRefused(await postStrict(server, target), 404, 63));
  }

  test('a run that takes too long is 504, 4', async () => {
    const slow = await mortredServer({ profile: 'c', runTimeoutMs: 300 });
    slow.engine.fail(new Fault('deadline_exceeded', 'Too late.'));
    assertRefused(await postStrict(slow, bisenetv2), 504, 4, 'abc123');
    assert.equal(slow.engine.requests[0]!.deadlineMs, 300);
  });

  test('every fault of the engine has a status and a code of this contract', async () => {
    for (const code of faultCodeList) {
      server.engine.fail(new Fault(code, 'As told.'));
      const [status, number] = meaning[code];
      const reply = await postStrict(server, bisenetv2);
      assertRefused(reply, status, number, 'abc123');
      assert.equal(reply.headers['retry-after'] !== undefined, status === 429, code);
    }
    server.engine.instead = undefined;
  });
});

const meaning: Readonly<Record<FaultCode, readonly [status: number, code: number]>> = {
  invalid_request: [400, 3],
  unknown_model: [500, 1],
  unknown_answer: [500, 1],
  not_acceptable: [400, 3],
  unsupported_media_type: [415, 60],
  empty_image: [400, 3],
  unsupported_image: [400, 3],
  corrupt_image: [400, 3],
  image_too_large: [413, 61],
  body_too_large: [413, 61],
  poison_input: [500, 2],
  source_forbidden: [400, 3],
  source_unavailable: [400, 3],
  not_found: [404, 63],
  method_not_allowed: [405, 62],
  forbidden_origin: [403, 3],
  headers_too_large: [413, 61],
  request_timeout: [504, 4],
  overloaded: [429, 429],
  shutting_down: [503, 65],
  model_not_ready: [503, 65],
  deadline_exceeded: [504, 4],
  cancelled: [500, 2],
  worker_failed: [500, 2],
  model_invalid: [500, 1],
  config_invalid: [500, 11],
  internal: [500, 64],
};

describe('mortred c: the bearer token', async () => {
  const server = await mortredServer({ profile: 'c', strict: { authToken: token } });

  const wrong: readonly (string | undefined)[] = [
    undefined,
    '',
    'Bearer',
    'Bearer ',
    'Bearer wrong',
    `Bearer ${token}x`,
    `Basic ${token}`,
    token,
  ];
  for (const authorization of wrong) {
    test(`Authorization ${authorization === undefined ? 'missing' : `"${authorization}"`} is 401, 401`, async () => {
      const reply = await postStrict(server, bisenetv2, goodBody, {
        headers: authorization === undefined ? {} : { authorization },
      });
      assertRefused(reply, 401, 401);
      assert.equal(reply.headers['www-authenticate'], 'Bearer realm="Mortred"');
    });
  }

  test('the right one opens', async () => {
    assert.equal(envelopeOf(await postStrict(server, bisenetv2, goodBody, { headers: bearer })).code, 0);
  });

  for (const path of ['/healthz', '/ready', '/metrics']) {
    test(`${path} wants none`, async () => assert.equal((await ask(`${server.url}${path}`)).status, 200));
  }

  for (const path of ['/welcome', '/openapi.json', '/nothing', '/jobs']) {
    test(`${path} wants one`, async () => assertRefused(await ask(`${server.url}${path}`), 401, 401));
  }
});

describe('mortred c: the rate limit', () => {
  test('requests of one address above rate_limit_qps are 429, 429, health included', async () => {
    const server = await mortredServer({ profile: 'c', strict: { rateLimitQps: 2 } });
    const replies: Reply[] = [];
    for (let count = 0; count < 8; count++) replies.push(await ask(`${server.url}/healthz`));
    assert.equal(replies[0]!.status, 200);
    const refused = replies.find(({ status }) => status === 429);
    assertRefused(refused!, 429, 429);
    assert.equal(refused!.headers['retry-after'], undefined);
  });
});

describe('mortred c: the order of the checks', () => {
  /** Each breaks its own rule and those of all after it, so the first one broken answers. */
  const overlong = { img_data: base64.padEnd(5000, 'A'), req_id: 'r' };
  const rows: readonly (readonly [string, () => AskOptions & { path: string; content: unknown }, number, number])[] = [
    ['token before address', () => ({ path: '/nothing', content: overlong, method: 'PUT' }), 401, 401],
    ['address before method', () => ({ path: '/nothing', content: overlong, method: 'PUT', headers: bearer }), 404, 63],
    ['method before type', () => ({ path: bisenetv2, content: overlong, method: 'PUT', headers: bearer }), 405, 62],
    ['type before length', () => ({ path: bisenetv2, content: overlong, headers: bearer }), 415, 60],
    ['length before parse', () => ({ path: bisenetv2, content: overlong, headers: { ...json, ...bearer } }), 413, 61],
    ['parse before queue', () => ({ path: bisenetv2, content: '{', headers: { ...json, ...bearer } }), 400, 50],
    ['picture before queue', () => ({ path: bisenetv2, content: '{}', headers: { ...json, ...bearer } }), 400, 3],
    ['queue before run', () => ({ path: bisenetv2, content: goodBody, headers: { ...json, ...bearer } }), 429, 429],
  ];

  test('the first rule that is broken answers', async () => {
    const strict = { authToken: token, bodyBytesMax: 4000, queueDepthMax: 1 };
    const server = await mortredServer({ profile: 'c', strict });
    const { release } = server.engine.hold();
    const good = { headers: { ...json, ...bearer } };
    const held = [post(server, bisenetv2, goodBody, good), post(server, bisenetv2, goodBody, good)];
    await until('one runs and one waits', () => server.engine.requests.length === 2 || undefined);
    for (const [says, make, status, code] of rows) {
      const { path, content, ...options } = make();
      const reply = await post(server, path, content, options);
      assert.deepEqual([reply.status, envelopeOf(reply).code], [status, code], says);
    }
    release();
    for (const reply of await Promise.all(held)) assert.equal(reply.status, 200);
  });

  test('rate before token', async () => {
    const server = await mortredServer({ profile: 'c', strict: { authToken: token, rateLimitQps: 1 } });
    assertRefused(await postStrict(server, bisenetv2), 401, 401);
    assertRefused(await postStrict(server, bisenetv2), 429, 429);
  });
});

describe('mortred c: the queue', () => {
  test('Retry-After is waiting × mean run ÷ workers in whole seconds, from 1 to 60', async () => {
    const server = await mortredServer({ profile: 'c', strict: { queueDepthMax: 2 } });
    /** What a third waiting request is told. */
    const retryAfter = async () => {
      const before = server.engine.requests.length;
      const { release } = server.engine.hold();
      const held = [1, 2, 3].map(() => postStrict(server, bisenetv2));
      await until('one runs and two wait', () => server.engine.requests.length === before + 3 || undefined);
      const reply = await postStrict(server, bisenetv2);
      assertRefused(reply, 429, 429, 'abc123');
      release();
      await Promise.all(held);
      return reply.headers['retry-after'];
    };
    assert.equal(await retryAfter(), '1', 'nothing has run yet');
    server.engine.runMs = 10_000;
    await postStrict(server, bisenetv2);
    // Runs so far: 10, 10, 10, 10,000 ms; mean 0.2 × 10,000 + 0.8 × 10 = 2,008; two wait: 4.016 s.
    assert.equal(await retryAfter(), '5');
    server.engine.runMs = 1_000_000;
    await postStrict(server, bisenetv2);
    assert.equal(await retryAfter(), '60');
  });

  test('the engine’s own bound is told with the same estimate', async () => {
    const server = await mortredServer({ profile: 'c' });
    server.engine.runMs = 10_000;
    await postStrict(server, bisenetv2);
    const { release } = server.engine.hold();
    const held = [1, 2].map(() => postStrict(server, bisenetv2));
    await until('one runs and one waits', () => server.engine.requests.length === 3 || undefined);
    server.engine.fail(new Fault('overloaded', 'Full.', { retryAfterMs: 1 }));
    const reply = await postStrict(server, bisenetv2);
    // It waits too, as long as it is not refused: 2 × 10 s.
    assert.deepEqual([reply.status, reply.headers['retry-after']], [429, '20']);
    release();
    await Promise.all(held);
  });

  test('more workers let more in and wait less', async () => {
    const server = await mortredServer({ profile: 'c', strict: { queueDepthMax: 1 } });
    const worker = { pid: 1, state: 'ready', rssBytes: 1, batchesInFlight: 0 } as const;
    server.engine.stands = { workers: [worker, worker] };
    server.engine.runMs = 10_000;
    await postStrict(server, bisenetv2);
    const { release } = server.engine.hold();
    const held = [1, 2, 3].map(() => postStrict(server, bisenetv2));
    await until('two run and one waits', () => server.engine.requests.length === 4 || undefined);
    const reply = await postStrict(server, bisenetv2);
    assert.deepEqual([reply.status, reply.headers['retry-after']], [429, '5']);
    release();
    await Promise.all(held);
  });
});
