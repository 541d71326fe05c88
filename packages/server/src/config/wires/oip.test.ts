import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { OipSettings } from '../../protocols/oip/settings.ts';
import { oipWireSchema } from './oip.ts';

describe('configuration of the oip wire', () => {
  test('a name alone puts it on the ports where its clients look', () => {
    const settings: OipSettings = oipWireSchema.parse({ name: 'oip' });
    assert.deepEqual(settings, {
      name: 'oip',
      port: 8000,
      grpcPort: 8001,
      bodyBytesMax: 134_217_728,
      models: {},
      modelControl: 'none',
      listImageInput: false,
      imagesMax: 32,
      streamRequestsMax: 8,
    });
  });

  test('any free port means one for gRPC too, unless that is named', () => {
    const ports = (settings: object) => {
      const { port, grpcPort } = oipWireSchema.parse({ name: 'oip', ...settings });
      return [port, grpcPort];
    };
    assert.deepEqual(ports({ port: 0 }), [0, 0]);
    assert.deepEqual(ports({ port: 0, grpcPort: 8001 }), [0, 8001]);
    assert.deepEqual(ports({ port: 9000 }), [9000, 8001]);
    assert.deepEqual(ports({ port: 8000, grpcPort: 8000 }), [8000, 8000]);
  });

  const wrong: readonly object[] = [
    { port: -1 },
    { grpcPort: 70_000 },
    { bodyBytesMax: 3 },
    { models: { matte: '' } },
    { modelControl: 'poll' },
    { imagesMax: 0 },
    { streamRequestsMax: 0 },
    { grpc_port: 1 },
  ];
  for (const settings of wrong) {
    test(`${JSON.stringify(settings)} is refused`, () => {
      assert.equal(oipWireSchema.safeParse({ name: 'oip', ...settings }).success, false);
    });
  }
});
