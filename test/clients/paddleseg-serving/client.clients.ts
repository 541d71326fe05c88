import path from 'node:path';
import { test } from 'node:test';
import { paddlesegServingWire } from '../../../packages/server/src/protocols/paddleseg-serving/paddlesegServingWire.ts';
import { openPortrait } from '../../support/portraitEngine.ts';
import { examplePhoto, repository } from '../../support/repository.ts';
import { openWire } from '../../support/wireServer.ts';
import { runPython, skipWithoutPython } from '../support/runPython.ts';

test('The Python client’s swapped resize gives the photo’s shape', {
  skip: skipWithoutPython,
  timeout: 180_000,
}, async () => {
  const engine = await openPortrait();
  const { url } = await openWire((services) => paddlesegServingWire(services, {}), { engine });
  const protos = path.join(repository, 'packages/contract/proto');
  await runPython(path.join(import.meta.dirname, 'client.py'), [url, examplePhoto, protos]);
});
