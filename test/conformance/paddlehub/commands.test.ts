import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { after, it } from 'node:test';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { personModules } from '../../../packages/server/src/cli/run/paddlehub/personModules.ts';
import { hubModules } from '../../../packages/server/src/protocols/paddlehub/hubModules.ts';
import { commandFile, examplePhoto } from '../../support/repository.ts';
import { plainEnvironment } from '../../support/servers.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';
import { until } from '../../support/until.ts';
import { pictureOf, predict } from './hubServer.ts';

const home = temporaryFolder();
const env = { ...plainEnvironment(), HOME: home, SEGSERVE_LOG_LEVEL: 'error', SEGSERVE_LISTEN_HOST: '127.0.0.1' };
const segserve = (...words: string[]) =>
  promisify(execFile)(process.execPath, [commandFile, ...words], { cwd: home, env, timeout: 60_000 });

it('serving start serves, and serving stop ends it', { timeout: 120_000 }, async () => {
  const words = ['serving', 'start', '-m', 'humanseg_server', 'humanseg_lite==1.1.0', '-p', '0', '--host', '127.0.0.1'];
  const child = spawn(process.execPath, [commandFile, ...words], { cwd: home, env, stdio: ['ignore', 'pipe', 'pipe'] });
  after(() => child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const look = () => {
    assert.equal(child.exitCode, null, output);
    return /paddlehub on (http:\S+)/.exec(output)?.[1];
  };
  const url = await until('segserve serving start says where it listens', look, 60_000);

  const photo = await sharp(examplePhoto).resize(64, 48).png().toBuffer();
  const reply = await predict({ url } as never, { images: [photo.toString('base64')] }, { module: 'humanseg_lite' });
  assert.equal(reply.body?.status, '000', reply.text);
  const [{ data }] = reply.results as [{ data: string }];
  assert.deepEqual(await pictureOf(data), { format: 'jpeg', width: 64, height: 48, channels: 1 });
  const missing = await predict({ url } as never, {}, { module: 'humanseg_mobile' });
  assert.equal(missing.body?.status, '111');

  const port = new URL(url).port;
  const folder = path.join(home, '.segserve/paddlehub');
  assert.equal(JSON.parse(readFileSync(path.join(folder, `serving_${port}.json`), 'utf8')).pid, child.pid);
  const { stdout } = await segserve('serving', 'stop', '-p', port);
  assert.equal(stdout, 'PaddleHub Serving will stop.\n');
  assert.equal(await exit, 0, output);
  assert.deepEqual(readdirSync(folder), []);
});

it('run humanseg_server prints the list and writes the picture with its opacity', { timeout: 120_000 }, async () => {
  await sharp(examplePhoto).resize(64, 48).jpeg().toFile(path.join(home, 'photo.jpg'));
  const { stdout } = await segserve('run', 'humanseg_server', '--input_path', 'photo.jpg', '--visualization', 'True');
  const start = "[{'save_path': 'humanseg_server_output/photo.png', 'data': array([[";
  assert.ok(stdout.startsWith(start) && stdout.endsWith(']], dtype=uint8)}]\n'), stdout);
  const { width, height, channels } = await sharp(path.join(home, 'humanseg_server_output/photo.png')).metadata();
  assert.deepEqual([width, height, channels], [64, 48, 4]);
});

it('run and the wire agree on which modules the built-in model answers for', () => {
  const overHttp = [...hubModules].filter(([, { model, family }]) => model && family !== 'trimapMatting');
  assert.deepEqual([...personModules.keys()].toSorted(), overHttp.map(([name]) => name).toSorted());
});
