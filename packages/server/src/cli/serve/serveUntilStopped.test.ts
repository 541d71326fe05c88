import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ModelDetail } from '@segserve/contract';
import type { RunningServer, StopSignal } from '../context.ts';
import { type FakeContext, fakeContext } from '../fakeContext.testSupport.ts';
import { run } from '../run.ts';
import { curlLine } from './greeting.ts';

async function until(condition: () => boolean): Promise<void> {
  for (let turns = 0; !condition(); turns++) {
    assert.ok(turns < 1000, 'it never happened');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Runs `serve`, sends each signal once the line before it has been written, and gives the exit code. */
async function serve(context: FakeContext, ...signals: StopSignal[]): Promise<number> {
  const running = run(['serve'], context);
  for (const signal of signals) {
    const before = context.stdout.lines.length;
    await until(() => context.stdout.lines.length !== before);
    context.send(signal);
  }
  return running;
}

test('The greeting names address, plan with its reason, models with their state, and a line to try', async () => {
  const context = fakeContext();
  assert.equal(await serve(context, 'SIGTERM'), 0);
  const text = context.stdout.text;
  assert.match(text, /^segserve \S+ listens on http:\/\/127\.0\.0\.1:8080\n/);
  assert.match(text, /\n1 worker × 2 threads: 2 cores in the machine\n/);
  assert.match(text, /\n {2}portrait:1 {2}matting {3}ready {2}cpu, fused\n/);
  assert.match(
    text,
    /curl .* --data-binary @\S+\.jpg 'http:\/\/127\.0\.0\.1:8080\/\S+portrait\S+cutout' -o cutout\.png\n/,
  );
  assert.equal(context.stderr.text, '');
});

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test(`${signal} finishes accepted requests and gives 0`, async () => {
    const context = fakeContext();
    assert.equal(await serve(context, signal), 0);
    assert.deepEqual(context.events, ['title segserve serve', 'close server']);
    assert.match(
      context.stdout.text,
      new RegExp(`${signal}: finishing accepted requests for at most 30 s.*\nStopped\\.\n$`),
    );
  });
}

test('The second signal ends the process at once', async () => {
  const closing = Promise.withResolvers<void>();
  const { services } = fakeContext();
  const startServer = async (...given: Parameters<typeof services.startServer>): Promise<RunningServer> => ({
    ...(await services.startServer(...given)),
    close: () => closing.promise,
  });
  const context = fakeContext({ services: { startServer } });
  const running = serve(context, 'SIGTERM', 'SIGTERM');
  await until(() => context.events.includes('exit 143'));
  closing.resolve();
  await running;
});

test('A signal while the server starts closes it as soon as it stands', async () => {
  const { services } = fakeContext();
  const context: FakeContext = fakeContext({
    services: {
      startServer: (config) => {
        context.send('SIGTERM');
        return services.startServer(config);
      },
    },
  });
  assert.equal(await run(['serve'], context), 0);
  assert.ok(!context.stdout.text.includes('listens on'));
});

test('A taken port is one line that says what to do', async () => {
  const error = Object.assign(new Error('listen EADDRINUSE'), { code: 'EADDRINUSE', port: 8080 });
  const context = fakeContext({ services: { startServer: () => Promise.reject(error) } });
  assert.equal(await run(['serve'], context), 1);
  assert.equal(
    context.stderr.text,
    'segserve: Port 8080 is taken by another program. Choose one with --port, or 0 for any free one.\n',
  );
});

test('The server gets the merged configuration', async () => {
  const { services } = fakeContext();
  let port = 0;
  const context = fakeContext({
    env: { SEGSERVE_LISTEN_PORT: '1' },
    services: {
      startServer: (config) => {
        port = config.listen.port;
        return services.startServer(config);
      },
    },
  });
  const running = run(['serve', '--port', '9000'], context);
  await until(() => context.stdout.text !== '');
  context.send('SIGINT');
  await running;
  assert.equal(port, 9000);
});

const model = (name: string, task: string) => ({ name, task, state: 'ready' }) as ModelDetail;
const line = (address: string, ...models: ModelDetail[]) => curlLine(address, models, '/') ?? 'none';

test('The line to try calls an address that can be dialled', () => {
  const portrait = model('portrait', 'matting');
  assert.match(line('http://0.0.0.0:80', portrait), /'http:\/\/127\.0\.0\.1:80\//);
  assert.match(line('https://[::]:443', portrait), /^curl --insecure .*'https:\/\/\[::1\]:443\//);
});

test('The line to try asks a model that suits its photo, and names the file as the answer is', () => {
  const here = 'http://127.0.0.1:80';
  assert.match(
    line(here, model('nuclei', 'instance'), model('portrait', 'matting')),
    /portrait\/segment\?answer=cutout' -o cutout\.png$/,
  );
  assert.match(
    line(here, model('raw', 'tensor'), model('click', 'promptable'), model('nuclei', 'instance')),
    /nuclei\/segment\?answer=overlay' -o overlay\.jpg$/,
  );
  assert.match(line(here, model('sorter', 'classification')), /answer=topk' -o topk\.json$/);
});

test('There is no line to try where no model answers to a picture alone', () => {
  assert.equal(line('http://127.0.0.1:80', model('raw', 'tensor'), model('click', 'promptable')), 'none');
  assert.equal(line('http://127.0.0.1:80'), 'none');
});
