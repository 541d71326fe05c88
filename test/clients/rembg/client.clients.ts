import path from 'node:path';
import { test } from 'node:test';
import { examplePhoto } from '../../support/repository.ts';
import { startHere } from '../../support/servers.ts';
import { runPython, skipWithoutPython } from '../support/runPython.ts';

test('A client as rembg documents it, with requests and Pillow, gets what it expects', {
  skip: skipWithoutPython,
  timeout: 180_000,
}, async () => {
  const { addresses } = await startHere({ wires: [{ name: 'rembg', port: 0 }] });
  await runPython(path.join(import.meta.dirname, 'client.py'), [addresses[1]!.url, examplePhoto]);
});
