import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Config } from '../../config/config.ts';
import type { RunningServer } from '../context.ts';
import { type FakeContext, fakeContext } from '../fakeContext.testSupport.ts';
import { run } from '../run.ts';
import { processStamp } from './processStamp.ts';

let home = '';
before(async () => {
  home = await mkdtemp(path.join(os.tmpdir(), 'segserve-serving-'));
});
after(() => rm(home, { recursive: true }));

const fileOf = (port: number) => path.join(home, '.segserve/paddlehub', `serving_${port}.json`);
const exists = (file: string) =>
  stat(file).then(
    () => true,
    () => false,
  );

/** A world in which the server starts at once on the ports that it is told; 8866 stands for any free one. */
function world(fails?: Error): { context: FakeContext; started: Config[] } {
  const { services } = fakeContext();
  const started: Config[] = [];
  const startServer = async (config: Config): Promise<RunningServer> => {
    started.push(config);
    if (fails) throw fails;
    const server = await services.startServer(config);
    const port = config.wires[0]?.port || 8866;
    const wires = config.wires.map(({ name }) => name);
    return { ...server, addresses: [...server.addresses, { url: `http://0.0.0.0:${port}`, wires }] };
  };
  return { context: fakeContext({ cwd: home, env: { HOME: home }, services: { startServer } }), started };
}

/** Starts, looks, stops. */
async function start(words: readonly string[], look: () => Promise<void> = async () => {}) {
  const { context, started } = world();
  const running = run(['serving', 'start', ...words], context);
  const settled = { code: undefined as number | undefined };
  running.then((code) => {
    settled.code = code;
  });
  for (let turns = 0; settled.code === undefined && !context.stdout.text.includes('Try it'); turns++) {
    assert.ok(turns < 1000, 'it never started');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  if (settled.code === undefined) {
    await look();
    context.send('SIGTERM');
  }
  return { code: await running, config: started[0], out: context.stdout.text, err: context.stderr.text };
}

describe('serving start', () => {
  it('serves the named modules on port 8866 of every address', async () => {
    const { code, config } = await start(['-p', '0', '-m', 'humanseg_server', 'humanseg_lite==1.1.0']);
    assert.equal(code, 0);
    assert.deepEqual(config?.wires, [
      {
        name: 'paddlehub',
        host: '0.0.0.0',
        port: 0,
        models: {},
        modules: ['humanseg_server', 'humanseg_lite'],
        predictArgs: {},
        version: '2',
        useGpu: false,
      },
    ]);
    assert.deepEqual([config.listen.host, config.listen.port], ['127.0.0.1', 0]);
  });

  it('takes the port, the host, the models and the arguments of modules', async () => {
    const info = '{"humanseg_mobile":{"predict_args":{"batch_size":2}}}';
    const options = ['--host', '127.0.0.1', '--map', 'ace2p=people:1', '--models', 'mine', '--use_gpu'];
    const { config } = await start(['-p', '39217', '-m', 'ace2p', '--modules_info', info, ...options]);
    const [wire] = config?.wires ?? [];
    assert.ok(wire?.name === 'paddlehub');
    assert.deepEqual([wire.port, wire.host, wire.useGpu], [39217, '127.0.0.1', true]);
    assert.deepEqual(wire.modules, ['ace2p', 'humanseg_mobile']);
    assert.deepEqual(wire.models, { ace2p: 'people:1' });
    assert.deepEqual(wire.predictArgs, { humanseg_mobile: { batch_size: 2 } });
    assert.deepEqual(config?.models, [path.join(home, 'mine')]);
  });

  it('takes everything from config.json where one is named', async () => {
    const config = { modules_info: { humanseg_lite: {} }, port: 39218, workers: 3 };
    await writeFile(path.join(home, 'config.json'), JSON.stringify(config));
    const started = await start(['-c', 'config.json', '-p', '1', '-m', 'humanseg_server']);
    const [wire] = started.config?.wires ?? [];
    assert.ok(wire?.name === 'paddlehub');
    assert.deepEqual([wire.port, wire.modules], [39218, ['humanseg_lite']]);
    assert.match(started.err, /^segserve: workers: worker processes are planned/m);
  });

  it('says of a file that is not there what PaddleHub says', async () => {
    const { code, err, config } = await start(['-c', 'nothing.json']);
    assert.deepEqual([code, err, config], [1, 'nothing.json not exists.\n', undefined]);
  });

  it('says that a port is occupied before it starts anything, and when that is found out later', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => blocker.once('listening', resolve));
    const { port } = blocker.address() as { port: number };
    const early = await start(['-m', 'humanseg_server', '-p', String(port)]);
    blocker.close();
    assert.deepEqual([early.code, early.err], [1, `Port ${port} is occupied, please change it.\n`]);
    assert.equal(early.config, undefined);
    const taken = Object.assign(new Error('listen'), { code: 'EADDRINUSE', port: 39219 });
    const { context } = world(Object.assign(new Error('cannot'), { cause: taken }));
    assert.equal(await run(['serving', 'start', '-m', 'humanseg_server', '-p', '39219'], context), 1);
    assert.match(context.stderr.text, /Port 39219 is occupied, please change it\.\n$/);
  });

  it('leaves word of itself for its user alone while it runs', async () => {
    const before = Date.now() / 1000;
    await start(['-m', 'humanseg_server', '-p', '39220'], async () => {
      const { pid, module, start_time, process: stamp } = JSON.parse(await readFile(fileOf(39220), 'utf8'));
      assert.deepEqual([pid, module, stamp], [process.pid, ['humanseg_server'], await processStamp(process.pid)]);
      assert.ok(start_time >= before - 1 && start_time <= Date.now() / 1000 + 1);
      assert.equal((await stat(fileOf(39220))).mode & 0o777, 0o600);
      assert.equal((await stat(path.dirname(fileOf(39220)))).mode & 0o777, 0o700);
    });
    assert.equal(await exists(fileOf(39220)), false);
    await start(['-m', 'humanseg_server', '-p', '0'], async () => {
      assert.deepEqual(await readdir(path.dirname(fileOf(0))), ['serving_8866.json'], 'the port that it really got');
    });
  });

  const wrong: [string[], number, RegExp][] = [
    [[], 2, /Lack of necessary parameters!/],
    [['-m', 'humanseg_server', '-p', 'x'], 2, /--port: expected a whole number from 0 to 65535, found "x"/],
    [['-m', 'humanseg_server', '-p', '70000'], 2, /found "70000"/],
    [['-m', 'humanseg_server', '--modules_info', '['], 2, /--modules_info: expected a JSON object/],
    [['-m', 'humanseg_server', '--map', 'x'], 2, /--map: expected MODULE=MODEL, found "x"/],
    [['bert_service', '-m', 'ernie'], 2, /There is no bert_service here/],
    [['--nonsense'], 2, /unknown option '--nonsense'.*\n\nUsage: segserve serving start/s],
  ];
  for (const [words, code, message] of wrong) {
    it(`refuses "${words.join(' ')}" with a reason`, async () => {
      const { code: found, err } = await start(words);
      assert.equal(found, code);
      assert.match(err, message);
    });
  }

  it('warns of use_multiprocess beside use_gpu', async () => {
    const { err } = await start(['-m', 'humanseg_lite', '-p', '0', '--use_gpu', '--use_multiprocess']);
    assert.match(err, /`use_multiprocess` is ignored with `use_gpu`/);
  });

  it('prints the help for an unknown sub command', async () => {
    const { context } = world();
    assert.equal(await run(['serving', 'restart'], context), 2);
    assert.match(context.stderr.text, /unknown command 'restart'.*\n\nUsage: segserve serving/s);
  });
});

describe('serving stop', () => {
  const stop = async (port: number) => {
    const { context } = world();
    const code = await run(['serving', 'stop', '-p', String(port)], context);
    return { code, out: context.stdout.text, err: context.stderr.text };
  };
  const leave = async (port: number, word: object | string) => {
    await mkdir(path.dirname(fileOf(port)), { recursive: true });
    await writeFile(fileOf(port), typeof word === 'string' ? word : JSON.stringify(word));
  };
  const word = { module: ['humanseg_server'], start_time: 1 };

  it('ends the process that was started on the port', { timeout: 10_000 }, async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    const ended = new Promise<NodeJS.Signals | null>((resolve) =>
      child.once('exit', (_code, signal) => resolve(signal)),
    );
    await leave(39230, { ...word, pid: child.pid, process: await processStamp(child.pid!) });
    assert.deepEqual(await stop(39230), { code: 0, out: 'PaddleHub Serving will stop.\n', err: '' });
    assert.equal(await ended, 'SIGTERM');
    assert.equal(await exists(fileOf(39230)), false);
    assert.equal(await processStamp(child.pid!), undefined);
  });

  it('leaves a process alone that only has the same id', { timeout: 10_000 }, async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    await leave(39231, { ...word, pid: child.pid, process: 'another start' });
    assert.deepEqual(await stop(39231), { code: 0, out: 'PaddleHub Serving has been stopped.\n', err: '' });
    assert.equal(await exists(fileOf(39231)), false);
    assert.ok(await processStamp(child.pid!), 'it still runs');
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    await leave(39231, { ...word, pid: child.pid, process: 'another start' });
    assert.equal((await stop(39231)).out, 'PaddleHub Serving has been stopped.\n');
  });

  it('says that nothing was started on the port', async () => {
    const sentence =
      'PaddleHub Serving config file is not exists, please confirm the port [39232] you specified is correct.\n';
    assert.deepEqual(await stop(39232), { code: 1, out: '', err: sentence });
  });

  it('ends nothing on the word of a file that is none of ours', async () => {
    for (const text of ['', '{', '{"pid":1}', { ...word, pid: 1, process: 'x' }, { ...word, pid: -5, process: 'x' }]) {
      await leave(39233, text);
      const { code, err } = await stop(39233);
      assert.equal(code, 2);
      assert.match(err, /does not say which process to stop/);
      assert.equal(await exists(fileOf(39233)), true);
    }
  });
});
