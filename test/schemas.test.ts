import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { PackageManifestSchema } from '@segserve/contract';
import { z } from 'zod';
import { configJsonSchema } from '../packages/server/src/config/configSchema.ts';

const published = (file: string) =>
  JSON.parse(readFileSync(new URL(`../docs/reference/${file}`, import.meta.url), 'utf8'));

test('the published JSON Schemas are those that the code checks with; npm run schemas writes them', () => {
  const manifest = {
    title: 'model.yaml',
    ...z.toJSONSchema(PackageManifestSchema, { io: 'input', unrepresentable: 'any' }),
  };
  assert.deepEqual(published('model.schema.json'), JSON.parse(JSON.stringify(manifest)));
  assert.deepEqual(published('segserve.schema.json'), JSON.parse(JSON.stringify(configJsonSchema())));
});
