import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { PaddlesegServingSettings } from '../../protocols/paddleseg-serving/settings.ts';
import { paddlesegServingWireSchema } from './paddleseg-serving.ts';

const refusal = (settings: object): string | undefined => {
  const { error } = paddlesegServingWireSchema.safeParse({ name: 'paddleseg-serving', ...settings });
  return error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n');
};

describe('configuration of the paddleseg-serving wire', () => {
  test('a name alone is enough', () => {
    const settings: PaddlesegServingSettings = paddlesegServingWireSchema.parse({ name: 'paddleseg-serving' });
    assert.deepEqual(settings, {
      name: 'paddleseg-serving',
      port: 8010,
      bodyBytesMax: 67_108_864,
      models: { human_segmentation: 'portrait' },
      profile: 'release',
      channels: 3,
    });
  });

  test('one port serves one model, in one of two profiles, of three or four channels', () => {
    assert.match(refusal({ models: { a: 'x', b: 'y' } }) ?? '', /models: expected one model/);
    assert.match(refusal({ profile: 'v1' }) ?? '', /profile: /);
    for (const channels of [1, 5, '3']) assert.match(refusal({ channels }) ?? '', /channels: /);
    assert.equal(refusal({ channels: 4, profile: 'seed', models: { a: 'x' } }), undefined);
  });
});
