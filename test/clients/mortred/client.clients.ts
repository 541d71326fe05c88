import path from 'node:path';
import { test } from 'node:test';
import { examplePhoto } from '../../support/repository.ts';
import { startHere } from '../../support/servers.ts';
import { runPython, skipWithoutPython } from '../support/runPython.ts';

test('a Python client that posts JSON text without a Content-Type is answered in every era', {
  skip: skipWithoutPython,
  timeout: 180_000,
}, async () => {
  const mortred = { name: 'mortred', port: 0 } as const;
  const { addresses } = await startHere({
    wires: [
      { ...mortred, profile: 'a' },
      { ...mortred, profile: 'b' },
      { ...mortred, profile: 'c' },
      { ...mortred, profile: 'c', strict: { requireContentType: false } },
    ],
  });
  const urls = addresses.slice(1).map(({ url }) => url);
  await runPython(path.join(import.meta.dirname, 'client.py'), [...urls, examplePhoto]);
});
