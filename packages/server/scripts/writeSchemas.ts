/** Writes the JSON Schemas that editors read: of model.yaml and of segserve.yaml. */
import { writeFile } from 'node:fs/promises';
import { PackageManifestSchema } from '@segserve/contract';
import { z } from 'zod';
import { configJsonSchema } from '../src/config/configSchema.ts';

const folder = new URL('../../../docs/reference/', import.meta.url);
const schemas = {
  'model.schema.json': {
    title: 'model.yaml',
    ...z.toJSONSchema(PackageManifestSchema, { io: 'input', unrepresentable: 'any' }),
  },
  'segserve.schema.json': configJsonSchema(),
};
for (const [file, schema] of Object.entries(schemas)) {
  await writeFile(new URL(file, folder), `${JSON.stringify(schema, null, 2)}\n`);
}
