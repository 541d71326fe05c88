import assert from 'node:assert/strict';
import { request } from 'node:http';
import { describe, test } from 'node:test';
import type { Wire, WireServices } from '../packages/server/src/domain/wire.ts';
import { bentomlWire } from '../packages/server/src/protocols/bentoml/bentomlWire.ts';
import { huggingfaceWire } from '../packages/server/src/protocols/huggingface/huggingfaceWire.ts';
import { mortredWire } from '../packages/server/src/protocols/mortred/mortredWire.ts';
import { FakeEngine } from '../packages/server/src/protocols/native/fakeEngine.test-support.ts';
import { nativeWire } from '../packages/server/src/protocols/native/routes.ts';
import { rembgWire } from '../packages/server/src/protocols/rembg/rembgWire.ts';
import { openWire, openWires } from './support/wireServer.ts';

/** A wire, an address that has something done, and whether its protocol is open to pages by default. */
interface Case {
  readonly make: (services: WireServices) => Wire;
  readonly address: string;
  readonly isOpen: boolean;
}

const cases: Readonly<Record<string, Case>> = {
  native: { make: nativeWire, address: '/v1/models/portrait/segment', isOpen: false },
  mortred: {
    make: (services) => mortredWire(services, { models: {}, profile: 'c' }),
    address: '/mortred_ai_server_v1/scene_segmentation/bisenetv2',
    isOpen: false,
  },
  huggingface: {
    make: (services) => huggingfaceWire(services, {}),
    address: '/models/segserve/portrait',
    isOpen: false,
  },
  rembg: { make: (services) => rembgWire(services, {}), address: '/api/remove', isOpen: true },
  'rembg, closed': { make: (services) => rembgWire(services, { cors: false }), address: '/api/remove', isOpen: false },
  bentoml: { make: (services) => bentomlWire(services, {}), address: '/predict', isOpen: false },
  'bentoml, open': {
    make: (services) => bentomlWire(services, { version: '0.13', cors: { enabled: true } }),
    address: '/predict',
    isOpen: true,
  },
};

/** The status of a request, its Host as told: `fetch` writes its own. */
function statusOf(url: string, headers: Record<string, string>, method = 'POST'): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers }, (reply) => {
      reply.resume();
      reply.on('end', () => resolve(reply.statusCode ?? 0));
    });
    sent.on('error', reject);
    sent.end(method === 'POST' ? 'no picture' : undefined);
  });
}

const page = { origin: 'https://evil.example', 'content-type': 'text/plain' };

describe('a web page of another origin', { timeout: 30_000 }, () => {
  for (const [name, { make, address, isOpen }] of Object.entries(cases)) {
    test(`${isOpen ? 'may call' : 'may not call'} ${name}, and programs may`, async () => {
      const { url } = await openWire(make, { engine: new FakeEngine() });
      const isRefused = (status: number) => status === 403;
      assert.equal(isRefused(await statusOf(url + address, page)), !isOpen);
      const { origin: _, ...program } = page;
      assert.ok(!isRefused(await statusOf(url + address, program)));
      assert.ok(!isRefused(await statusOf(url + address, { ...page, origin: url })), 'a page of the server itself');
    });

    test(`may call ${name} where the operator names its origin`, async () => {
      const listen = { cors: { origins: [page.origin] } };
      const { url } = await openWire(make, { engine: new FakeEngine(), listen });
      assert.notEqual(await statusOf(url + address, page), 403);
      const other = await statusOf(url + address, { ...page, origin: 'https://other.example' });
      assert.equal(other === 403, !isOpen);
    });

    test(`does not reach ${name} on this machine through a name of its own`, async () => {
      const { url } = await openWire(make, { engine: new FakeEngine() });
      const rebound = { host: 'evil.example', origin: 'http://evil.example' };
      assert.equal(await statusOf(url + address, rebound), 403);
      assert.equal(await statusOf(`${url}/`, { host: 'evil.example' }, 'GET'), 403);
      assert.notEqual(await statusOf(`${url}/`, { host: `localhost:${new URL(url).port}` }, 'GET'), 403);
      const named = await openWire(make, { engine: new FakeEngine(), listen: { hostNames: ['seg.example'] } });
      assert.notEqual(await statusOf(`${named.url}/`, { host: 'seg.example' }, 'GET'), 403);
    });
  }

  test('may call the wire of a shared port that is open, and not the others', async () => {
    const open: Wire = {
      name: 'open',
      http: {
        routes: async (app) => void app.post('/open', async () => 'done'),
        answerFault: () => ({ status: 500, headers: {}, body: '' }),
        isOpenTo: () => true,
      },
    };
    for (const first of [true, false]) {
      const engine = new FakeEngine();
      const native = nativeWire({ engine, version: '1' });
      const wires = first ? [open, native] : [native, open];
      const { url } = await openWires(wires);
      assert.equal(await statusOf(`${url}/open`, page), 200);
      assert.equal(await statusOf(url + cases.native!.address, page), 403);
    }
  });
});
