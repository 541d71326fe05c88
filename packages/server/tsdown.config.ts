import { cp } from 'node:fs/promises';
import { defineConfig } from 'tsdown';

/**
 * What is published: one JavaScript file for each source file, so that paths between files stay true and a stack trace
 * reads like the source; the contract goes in, dependencies stay outside; the built-in models lie beside the code.
 */
export default defineConfig({
  entry: ['src/index.ts', 'src/cli/main.ts', 'src/engine/worker.ts'],
  unbundle: true,
  format: 'esm',
  platform: 'node',
  fixedExtension: false,
  target: 'node22',
  dts: { eager: true },
  deps: { alwaysBundle: ['@segserve/contract'] },
  hooks: {
    'build:done': async () => {
      await cp('../../models', 'dist/built-in-models', { recursive: true });
      for (const file of ['README.md', 'LICENSE']) await cp(`../../${file}`, file);
    },
  },
});
