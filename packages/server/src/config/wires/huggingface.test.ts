import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { HuggingfaceSettings } from '../../protocols/huggingface/settings.ts';
import { huggingfaceWireSchema } from './huggingface.ts';

describe('configuration of the huggingface wire', () => {
  test('a name alone puts it on its port, with the built-in model', () => {
    const settings: HuggingfaceSettings = huggingfaceWireSchema.parse({ name: 'huggingface' });
    assert.deepEqual(settings, {
      name: 'huggingface',
      port: 8081,
      models: {},
      default: 'portrait',
      anyName: false,
      loadWaitMs: 60_000,
    });
  });

  test('names of the Hub are taken with and without an organisation', () => {
    const models = { 'nvidia/segformer-b5-finetuned-ade-640-640': 'street', 'bert.base_1': 'portrait:1' };
    assert.deepEqual(huggingfaceWireSchema.parse({ name: 'huggingface', models }).models, models);
  });

  const wrong: readonly object[] = [
    { port: -1 },
    { models: { 'a/b/c': 'portrait' } },
    { models: { '/b': 'portrait' } },
    { models: { 'a/b': '' } },
    { default: '' },
    { anyName: 'yes' },
    { token: '' },
    { token: 'two words' },
    { loadWaitMs: -1 },
    { api_key: 'x' },
  ];
  for (const settings of wrong) {
    test(`${JSON.stringify(settings)} is refused`, () => {
      assert.equal(huggingfaceWireSchema.safeParse({ name: 'huggingface', ...settings }).success, false);
    });
  }
});
