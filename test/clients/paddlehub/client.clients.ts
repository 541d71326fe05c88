import path from 'node:path';
import { test } from 'node:test';
import { examplePhoto } from '../../support/repository.ts';
import { startHere } from '../../support/servers.ts';
import { runPython, skipWithoutPython } from '../support/runPython.ts';

test('A client as PaddleHub documents it, with requests and OpenCV, gets what it expects', {
  skip: skipWithoutPython,
  timeout: 180_000,
}, async () => {
  const modules = ['humanseg_server', 'humanseg_lite', 'modnet_mobilenetv2_matting', 'deeplabv3p_xception65_humanseg'];
  const { addresses } = await startHere({ wires: [{ name: 'paddlehub', port: 0, modules }] });
  await runPython(path.join(import.meta.dirname, 'client.py'), [addresses[1]!.url, examplePhoto]);
});
