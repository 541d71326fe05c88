import { type ChildProcess, spawn } from 'node:child_process';
import { after } from 'node:test';
import type { ConfigSource } from '../../packages/server/src/config/configSchema.ts';
import { configOf } from '../../packages/server/src/config/loadConfig.ts';
import { type RunningServer, startServer } from '../../packages/server/src/server.ts';
import { childrenOf } from './processes.ts';
import { commandFile, repository } from './repository.ts';
import { until } from './until.ts';

/**
 * The assembled server in this process, with real worker processes; closed when the test that started it has ended,
 * unless it says that it keeps it.
 */
export async function startHere(config: ConfigSource, { keep = false } = {}): Promise<RunningServer> {
  const server = await startServer(
    configOf({ log: { level: 'silent' }, ...config, listen: { port: 0, ...config.listen } }),
  );
  if (!keep) after(() => server.close());
  return server;
}

export interface ServerProcess {
  readonly pid: number;
  /** As the greeting says. */
  readonly address: string;
  /** Resolves when it has ended. */
  readonly exit: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  /** Standard output and error so far. */
  readonly output: () => string;
  readonly workers: () => number[];
  readonly kill: (signal: NodeJS.Signals) => void;
}

export interface SpawnOptions {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** A process group of its own, as a shell gives it: `process.kill(-pid)` reaches all of it. */
  readonly ownGroup?: boolean;
  /** What is run; `segserve serve` from source when absent. */
  readonly command?: readonly [string, ...string[]];
  readonly cwd?: string;
}

/** `segserve serve` as a child process, ready. What is left of it when the test has ended is killed. */
export async function spawnServer(options: SpawnOptions): Promise<ServerProcess> {
  const [file, ...first] = options.command ?? [process.execPath, commandFile];
  const args = [...first, 'serve', '--port', '0', '--log-level', 'error', ...options.args];
  const child = spawn(file, args, {
    cwd: options.cwd ?? repository,
    env: { ...plainEnvironment(), ...options.env },
    detached: options.ownGroup ?? false,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const pid = child.pid!;
  after(() => end(child));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  const { promise: exit, resolve } = Promise.withResolvers<Awaited<ServerProcess['exit']>>();
  let ended = false;
  child.on('exit', (code, signal) => {
    ended = true;
    // Standard error is not waited for: workers hold it too, and one may outlive its gateway.
    if (child.stdout.readableEnded) resolve({ code, signal });
    else child.stdout.once('end', () => resolve({ code, signal }));
  });
  const address = await until(
    'segserve serve says where it listens',
    () => {
      if (ended) throw new Error(`segserve serve ended early:\n${output}`);
      return /listens on (http:\S+)/.exec(output)?.[1];
    },
    60_000,
  );
  return {
    pid,
    address,
    exit,
    output: () => output,
    workers: () => childrenOf(pid),
    kill: (signal) => child.kill(signal),
  };
}

/** This environment without settings of segserve, which a developer may have set for other purposes. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(SEGSERVE_|NODE_TEST_CONTEXT|npm_config_)/i.test(name)),
  );
}

function end(child: ChildProcess): void {
  if (child.exitCode !== null || child.signalCode !== null) return;
  for (const worker of childrenOf(child.pid!)) process.kill(worker, 'SIGKILL');
  child.kill('SIGKILL');
}
