import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { defaultLimits } from '../../../packages/server/src/domain/limits.ts';
import { openPool } from '../../../packages/server/src/engine/pool.ts';
import { builtInModels, findModels, resolveModel } from '../../../packages/server/src/models/repository.ts';
import { oipWire } from '../../../packages/server/src/protocols/oip/oipWire.ts';
import { repository } from '../../support/repository.ts';
import { openWire } from '../../support/wireServer.ts';

const venvs = process.env.SEGSERVE_CLIENTS_VENV;
const skip = venvs === undefined && 'SEGSERVE_CLIENTS_VENV names no folder for Python environments';

test('tritonclient works unchanged, in all its forms', { skip, timeout: 600_000 }, async () => {
  const python = environment(path.join(venvs!, 'oip'));
  const spec = resolveModel(await findModels([builtInModels()]), 'portrait');
  const options = { models: [spec], limits: defaultLimits, threads: 1, workers: 1, workerBytesMax: 'auto' } as const;
  const { engine, ready } = openPool(options);
  after(() => engine.close());
  await ready;
  const settings = { models: { matte: 'portrait' }, modelControl: 'explicit' } as const;
  const listen = { bodyBytesMax: 128 * 1024 * 1024 };
  const { port } = await openWire((services) => oipWire(services, settings), { engine, listen });
  const client = path.join(import.meta.dirname, 'client.py');
  const photo = path.join(repository, 'examples/astronaut.jpg');
  const child = spawn(python, [client, `127.0.0.1:${port}`, photo], { stdio: ['ignore', 'inherit', 'inherit'] });
  const code = await new Promise((resolve) => child.on('exit', resolve));
  if (code !== 0) throw new Error(`client.py ended with ${code}`);
});

/** The Python of an environment with what the client needs; made on the first run, and when that has changed. */
function environment(folder: string): string {
  const python = path.join(folder, 'bin/python');
  const wanted = path.join(import.meta.dirname, 'requirements.txt');
  const installed = path.join(folder, 'installed.txt');
  if (existsSync(installed) && readFileSync(installed, 'utf8') === readFileSync(wanted, 'utf8')) return python;
  run('python3', ['-m', 'venv', folder]);
  run(python, ['-m', 'pip', 'install', '--quiet', '-r', wanted]);
  copyFileSync(wanted, installed);
  return python;
}

function run(command: string, args: readonly string[]): void {
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}`);
}
