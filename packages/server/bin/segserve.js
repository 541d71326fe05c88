#!/usr/bin/env node
// In a checkout the command runs from source (Node strips the types); a published package carries only dist/.
import { existsSync } from 'node:fs';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `segserve: expected Node.js 22.18 or newer, found ${process.versions.node}. ` +
      'In a checkout, "npx segserve" uses the one that npm ci installed; elsewhere, update Node.js.',
  );
  process.exit(1);
}
const source = new URL('../src/cli/main.ts', import.meta.url);
await import(existsSync(source) ? source.href : new URL('../dist/cli/main.js', import.meta.url).href);
