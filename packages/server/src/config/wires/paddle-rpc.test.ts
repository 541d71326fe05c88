import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { PaddleRpcSettings } from '../../protocols/paddle-rpc/settings.ts';
import { paddleRpcWireSchema } from './paddle-rpc.ts';

const refusal = (settings: object): string | undefined => {
  const { error } = paddleRpcWireSchema.safeParse({ name: 'paddle-rpc', ...settings });
  return error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n');
};

describe('configuration of the paddle-rpc wire', () => {
  test('a name alone is enough', () => {
    const settings: PaddleRpcSettings = paddleRpcWireSchema.parse({ name: 'paddle-rpc' });
    assert.deepEqual(settings, {
      name: 'paddle-rpc',
      port: 9393,
      bodyBytesMax: 536_870_912,
      models: { GeneralInferOp_0: 'portrait' },
      generation: 'auto',
    });
  });

  test('one port serves one model', () => {
    assert.equal(refusal({ models: { a: 'x' } }), undefined);
    for (const models of [{}, { a: 'x', b: 'y' }])
      assert.match(refusal({ models }) ?? '', /models: expected one model/);
  });

  test('only the generations that exist are taken', () => {
    assert.match(refusal({ generation: '0.3' }) ?? '', /generation: .*0\.7/);
    assert.match(refusal({ feeds: {} }) ?? '', /feeds/);
  });
});
