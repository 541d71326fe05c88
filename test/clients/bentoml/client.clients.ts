import path from 'node:path';
import { test } from 'node:test';
import { examplePhoto } from '../../support/repository.ts';
import { startHere } from '../../support/servers.ts';
import { runPython, skipWithoutPython } from '../support/runPython.ts';

test('A client with requests gets what a bundle of 0.13 gave it', {
  skip: skipWithoutPython,
  timeout: 180_000,
}, async () => {
  const { addresses } = await startHere({
    wires: [
      {
        name: 'bentoml',
        port: 0,
        version: '0.13',
        cors: { enabled: true },
        apis: [
          { name: 'predict' },
          { name: 'predict_image', input: 'ImageInput', payload: 'shape' },
          { name: 'predict_file', payload: 'echo' },
          {
            name: 'predict_multi_images',
            input: 'MultiImageInput',
            inputNames: ['original', 'compared'],
            payload: 'same',
          },
          { name: 'predict_json', input: 'JsonInput' },
          { name: 'echo_json', input: 'JsonInput' },
          { name: 'predict_strict_json', input: 'StrictJsonInput' },
        ],
      },
    ],
  });
  await runPython(path.join(import.meta.dirname, 'client.py'), [addresses[1]!.url, examplePhoto]);
});
