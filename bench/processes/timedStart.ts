import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { command } from './serverProcess.ts';

export interface TimedStart {
  readonly firstByteMs: number;
  readonly exitMs: number;
  /** Text that it wrote, or what was seen of it. */
  readonly output: string;
}

/** Starts node with these arguments; until its first byte on standard output, and until it has ended. */
export async function timeToOutput(args: readonly string[], env: NodeJS.ProcessEnv): Promise<TimedStart> {
  const started = performance.now();
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const chunks: Buffer[] = [];
  let firstByteMs = Number.NaN;
  child.stdout.on('data', (chunk: Buffer) => {
    if (chunks.length === 0) firstByteMs = performance.now() - started;
    chunks.push(chunk);
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`node ${args.join(' ')} ended with ${code}`);
  return { firstByteMs, exitMs: performance.now() - started, output: Buffer.concat(chunks).toString('latin1') };
}

/** `segserve serve` until /readyz says 200. */
export async function startToReady(env: NodeJS.ProcessEnv): Promise<TimedStart> {
  const port = await freePort();
  const started = performance.now();
  const child = spawn(process.execPath, [command, 'serve', '--port', String(port)], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  let listensMs = Number.NaN;
  try {
    for (; performance.now() - started < 60_000; await pause(5)) {
      const status = await statusOf(`http://127.0.0.1:${port}/readyz`);
      if (status !== undefined && Number.isNaN(listensMs)) listensMs = performance.now() - started;
      if (status === 200) break;
    }
    const firstByteMs = performance.now() - started;
    return {
      firstByteMs,
      exitMs: Number.NaN,
      output: `it listens at ${(listensMs / 1000).toFixed(2)}, ${workerTimes(log, started)}`,
    };
  } finally {
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  }
}

/** When the worker was started and when it was ready, by the server's own log. */
function workerTimes(log: string, started: number): string {
  const lines = log.split('\n').filter((line) => line.startsWith('{'));
  const seen = lines.map((line) => JSON.parse(line) as { time: string; event?: string; state?: string; msg?: string });
  const origin = performance.timeOrigin + started;
  const at = (text: RegExp) => {
    const line = seen.find(({ msg }) => text.test(msg ?? ''));
    return line === undefined ? '?' : ((Date.parse(line.time) - origin) / 1000).toFixed(2);
  };
  return `worker started at ${at(/worker.*started/)}, ready at ${at(/worker.*ready/)}`;
}

async function statusOf(url: string): Promise<number | undefined> {
  try {
    const reply = await fetch(url);
    await reply.arrayBuffer();
    return reply.status;
  } catch {
    return undefined;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
