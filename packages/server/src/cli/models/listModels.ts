import { stat } from 'node:fs/promises';
import path from 'node:path';
import { formatBytes } from '../../config/byteSize.ts';
import type { Config } from '../../config/config.ts';
import type { ModelSpec } from '../../domain/modelSpec.ts';
import type { Context } from '../context.ts';
import { modelCatalogue } from '../modelCatalogue.ts';
import { table } from '../table.ts';

/** Every model as a table for people or as JSON for programs. */
export async function listModels(config: Config, context: Context, json: boolean): Promise<string> {
  const specs = await modelCatalogue(config, context);
  const rows = await Promise.all(specs.map(describe));
  if (json) return `${JSON.stringify(rows, null, 2)}\n`;
  const lines = rows.map((row) => [
    row.name,
    row.version,
    row.task,
    formatBytes(row.bytes),
    row.nonCommercial ? `${row.licence} (non-commercial)` : row.licence,
    near(row.folder, context.cwd),
  ]);
  return table([['NAME', 'VERSION', 'TASK', 'SIZE', 'LICENCE', 'WHERE'], ...lines]);
}

async function describe({ manifest, folder }: ModelSpec) {
  const { name, version, task, licence, nonCommercial, description } = manifest;
  const bytes = 'graph' in manifest ? (await stat(path.join(folder, manifest.graph))).size : 0;
  return { name, version, task, description, licence, nonCommercial, bytes, folder };
}

function near(folder: string, cwd: string): string {
  const relative = path.relative(cwd, folder);
  return relative.startsWith('..') ? folder : relative || '.';
}
