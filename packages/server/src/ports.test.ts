import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configOf } from './config/loadConfig.ts';
import type { Wire } from './domain/wire.ts';
import { type Placed, portsOf } from './ports.ts';

const { listen } = configOf({ listen: { host: '127.0.0.1', port: 8080, bodyBytesMax: 50_000_000 } });
const http = { routes: async () => {}, answerFault: () => ({ status: 500, headers: {}, body: '' }) };
const native: Wire = { name: 'native', http };
const other: Wire = { name: 'other', http };
const both: Wire = { name: 'both', http, grpc: [{ name: 'a.B', methods: {} }] };

const shape = (...placed: Placed[]) =>
  portsOf(listen, native, placed).map(({ host, port, wires }) => [
    `${host}:${port}`,
    ...wires.map((wire) => `${wire.name}${wire.http ? ' http' : ''}${wire.grpc ? ' grpc' : ''}`),
  ]);

test('The native API has its port to itself unless a wire asks for the same one', () => {
  assert.deepEqual(shape({ settings: { port: 8091 }, wire: other }), [
    ['127.0.0.1:8080', 'native http'],
    ['127.0.0.1:8091', 'other http'],
  ]);
  assert.deepEqual(shape({ settings: { port: 8080 }, wire: other }), [['127.0.0.1:8080', 'native http', 'other http']]);
});

test('The same port on another address is another place', () => {
  assert.deepEqual(shape({ settings: { port: 8080, host: '::1' }, wire: other }).length, 2);
});

test('Port 0 is never shared, since each wire then gets a free one', () => {
  const places = shape({ settings: { port: 0 }, wire: other }, { settings: { port: 0 }, wire: both });
  assert.equal(places.length, 3);
});

test('gRPC shares its wire’s port or gets the one that is named', () => {
  assert.deepEqual(shape({ settings: { port: 8000 }, wire: both })[1], ['127.0.0.1:8000', 'both http grpc']);
  assert.deepEqual(shape({ settings: { port: 8000, grpcPort: 8001 }, wire: both }).slice(1), [
    ['127.0.0.1:8000', 'both http'],
    ['127.0.0.1:8001', 'both grpc'],
  ]);
});

test('A shared port takes bodies as large as the wire that takes the largest', () => {
  const [port] = portsOf(listen, native, [{ settings: { port: 8080, bodyBytesMax: 90_000_000 }, wire: other }]);
  assert.equal(port?.bodyBytesMax, 90_000_000);
});
