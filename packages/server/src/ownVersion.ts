import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the package that this file belongs to; right from src/ and from dist/ alike. */
export function ownPackageFolder(): string {
  for (let at = path.dirname(fileURLToPath(import.meta.url)); ; at = path.dirname(at)) {
    if (existsSync(path.join(at, 'package.json'))) return at;
    if (at === path.dirname(at)) throw new Error('The package.json of segserve is missing; install it again.');
  }
}

export function ownVersion(): string {
  const { version } = JSON.parse(readFileSync(path.join(ownPackageFolder(), 'package.json'), 'utf8'));
  return String(version);
}
