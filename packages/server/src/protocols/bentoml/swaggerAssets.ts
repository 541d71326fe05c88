import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { openScript } from './docsPage.ts';

export interface Asset {
  readonly contentType: string;
  readonly bytes: Buffer;
}

/** The files of Swagger UI that the page asks for; nothing else of that folder is served. */
const types: Readonly<Record<string, string>> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'application/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
};

const read = new Map<string, Promise<Asset>>();

/** Undefined: no such file. Read when first asked for and then kept. */
export function swaggerAsset(name: string): Promise<Asset> | undefined {
  if (name === 'open.js') {
    return Promise.resolve({ contentType: types['swagger-ui-bundle.js']!, bytes: Buffer.from(openScript) });
  }
  if (!Object.hasOwn(types, name)) return undefined;
  const asset = read.get(name) ?? readAsset(name);
  read.set(name, asset);
  return asset;
}

async function readAsset(name: string): Promise<Asset> {
  const entry = createRequire(import.meta.url).resolve('@fastify/swagger-ui');
  return { contentType: types[name]!, bytes: await readFile(path.join(path.dirname(entry), 'static', name)) };
}
