import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { describe, it } from 'node:test';
import { type Call, checkCaller } from './callers.ts';

const loopback = { host: '127.0.0.1', cors: false, trustProxy: false } as const;
const open = { ...loopback, host: '0.0.0.0' };

const call = (headers: Record<string, string>, rest: Partial<Call> = {}): Call => ({
  method: 'POST',
  headers: { host: 'localhost:8080', ...headers },
  host: headers.host ?? 'localhost:8080',
  ...rest,
});
const refused = (one: Call, rules: Parameters<typeof checkCaller>[1] = loopback) =>
  assert.throws(() => checkCaller(one, rules), { code: 'forbidden_origin' }, JSON.stringify(one));
const passes = (one: Call, rules: Parameters<typeof checkCaller>[1] = loopback) =>
  assert.doesNotThrow(() => checkCaller(one, rules));

describe('checkCaller', () => {
  it('lets programs pass, which send no Origin', () => passes(call({})));

  it('lets pages of the server itself pass, whatever scheme a proxy gave them and however the host is written', () => {
    for (const origin of ['http://localhost:8080', 'https://localhost:8080', 'http://LOCALHOST:8080']) {
      passes(call({ origin }));
    }
    passes(call({ origin: 'https://seg.example.org', host: 'seg.example.org:443' }), open);
    passes(call({ origin: 'https://seg.example.org', host: 'SEG.example.org' }), open);
  });

  it('believes the browser that the page is of the same origin where a proxy has written Host anew', () => {
    passes(call({ origin: 'https://seg.example.org', 'sec-fetch-site': 'same-origin' }));
    refused(call({ origin: 'https://seg.example.org', 'sec-fetch-site': 'same-site' }));
  });

  it('refuses a page of another origin that wants something done, and says which', () => {
    for (const origin of ['http://evil.example', 'http://localhost:3000', 'null', 'file://', 'http://127.0.0.1:8080']) {
      refused(call({ origin }));
    }
    refused(call({ origin: 'http://evil.example' }, { method: 'DELETE' }));
    assert.throws(
      () => checkCaller(call({ origin: 'http://evil.example' }), loopback),
      /received one from http:\/\/evil/,
    );
  });

  it('refuses a WebSocket of another origin, and lets it read: what it may see the browser decides', () => {
    const origin = 'http://evil.example';
    refused(call({ origin, upgrade: 'websocket' }, { method: 'GET' }));
    passes(call({ origin }, { method: 'GET' }));
    passes(call({ origin }, { method: 'OPTIONS' }));
  });

  it('lets the origins pass that the operator has named, or the protocol of the wire', () => {
    const origin = 'https://app.example';
    passes(call({ origin }), { ...loopback, cors: { origins: [origin] } });
    passes(call({ origin }), { ...loopback, cors: { origins: ['*'] } });
    refused(call({ origin }), { ...loopback, cors: { origins: ['https://app.example:8443'] } });
    passes(call({ origin }, { isOpenTo: (one) => one === origin }));
    refused(call({ origin }, { isOpenTo: () => false }));
  });

  it('answers on a loopback address to no foreign name, whose owner could have it lead here', () => {
    for (const host of ['evil.example', 'evil.example:8080', 'EVIL.example.', '127.0.0.1.evil.example']) {
      refused(call({ host }, { method: 'GET' }));
      refused(call({ host, origin: `http://${host}` }));
      passes(call({ host }, { method: 'GET' }), open);
    }
  });

  it('answers there to localhost, addresses, names without a dot and those that the operator has named', () => {
    const own = hostname();
    const hosts = ['localhost', 'a.localhost:1', '127.0.0.1:8080', '[::1]:8080', '10.0.0.7', 'segserve:8080', own];
    for (const host of hosts) passes(call({ host }, { method: 'GET' }));
    passes(call({ host: 'Seg.example:8080' }), { ...loopback, hostNames: ['seg.EXAMPLE'] });
    passes(call({ host: 'any.example' }), { ...loopback, hostNames: ['*'] });
    passes(call({ host: 'app.example' }), { ...loopback, cors: { origins: ['https://app.example'] } });
    passes(call({ host: 'seg.example' }), { ...loopback, trustProxy: true });
    refused(call({ host: 'seg.example' }), { ...loopback, host: '::1' });
  });

  it('does not fall over hosts and origins that are none', () => {
    for (const host of ['', ':', '[', '::::', 'a b.c']) {
      assert.doesNotThrow(() => {
        try {
          checkCaller(call({ host, origin: host }), loopback);
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'forbidden_origin');
        }
      });
    }
  });
});
