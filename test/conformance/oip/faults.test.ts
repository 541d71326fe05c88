import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { describe, it } from 'node:test';
import { repository } from '../../support/repository.ts';
import { recordExchanges, tableOf } from './exchanges.ts';
import { ask, oipServer, post } from './oipServer.ts';

const limits = { timeout: 30_000 };

describe('faults', limits, () => {
  it('each has a status over HTTP and one over gRPC, with the same sentence', async () => {
    for (const { code, status, body, grpc, details } of await recordExchanges()) {
      const { error, ...rest } = JSON.parse(body);
      assert.deepEqual([rest, error], [{}, details], code);
      assert.ok(status >= 400 && grpc > 0, code);
      assert.equal(/defect/.test(error), code === 'internal', code);
    }
  });

  it('are what the README of the wire says', async () => {
    const readme = readFileSync(path.join(repository, 'packages/server/src/protocols/oip/README.md'), 'utf8');
    const table = tableOf(await recordExchanges());
    assert.ok(readme.includes(table), `what the wire answers is not in its README, which should say:\n${table}`);
  });

  it('of the server’s own say nothing of its insides', async () => {
    const server = await oipServer();
    server.engine.instead = () => Promise.reject(new TypeError('/secret/path is not a function'));
    const { status, json } = await post(server, '/v2/models/mirror/infer', {
      inputs: [{ name: 'x', shape: [1, 2], datatype: 'FP32', data: [1, 2] }],
    });
    assert.deepEqual([status, /secret/.test(json.error)], [500, false]);
  });

  it('bytes that are no HTTP get an error of this protocol', async () => {
    const { port } = await oipServer();
    const socket = connect(port, '127.0.0.1', () => socket.write('GET / HTTP/9\r\n\r\n'));
    const text = Buffer.concat(await socket.toArray()).toString();
    assert.match(text, /^HTTP\/1\.1 400 [\s\S]*\{"error":"/);
  });

  it('a body above the limit is 413', async () => {
    const server = await oipServer();
    const tooMuch = await post(server, '/v2/models/mirror/infer', Buffer.alloc(65 * 1024 * 1024));
    assert.deepEqual([tooMuch.status, Object.keys(tooMuch.json)], [413, ['error']]);
    assert.equal((await ask(server, '/v2/health/live')).status, 200);
  });
});
