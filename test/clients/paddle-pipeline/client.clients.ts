import path from 'node:path';
import { test } from 'node:test';
import { examplePhoto, repository } from '../../support/repository.ts';
import { startHere } from '../../support/servers.ts';
import { runPython, skipWithoutPython } from '../support/runPython.ts';

test('Python clients get cut-outs over HTTP and gRPC', { skip: skipWithoutPython, timeout: 180_000 }, async () => {
  const { addresses } = await startHere({ wires: [{ name: 'paddle-pipeline', port: 0 }] });
  const { url } = addresses[1]!;
  const protos = path.join(repository, 'packages/contract/proto');
  await runPython(path.join(import.meta.dirname, 'client.py'), [url, new URL(url).host, examplePhoto, protos]);
});
