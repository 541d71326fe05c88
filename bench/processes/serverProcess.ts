import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { childrenOf, cpuSecondsOf, rssBytesOf } from './procfs.ts';

export const command = fileURLToPath(new URL('../../packages/server/bin/segserve.js', import.meta.url));

export interface ServerOptions {
  readonly workers?: number;
  readonly threads?: number;
  /** Folders with packages besides the built-in ones. */
  readonly models?: readonly string[];
  /** Modules that are loaded before the server, in the gateway and in every worker. */
  readonly preloads?: readonly string[];
  /** Names of wires besides the native API, each on a free port of its own. */
  readonly wires?: readonly string[];
}

/** `segserve serve` as a user starts it, on any free port of this machine. */
export class ServerProcess {
  readonly url: string;
  readonly #wireUrls: ReadonlyMap<string, string>;
  readonly #process: ChildProcess;

  private constructor(child: ChildProcess, url: string, wireUrls: ReadonlyMap<string, string>) {
    this.#process = child;
    this.url = url;
    this.#wireUrls = wireUrls;
  }

  /** Where a wire listens. */
  wireUrl(name: string): string {
    const url = this.#wireUrls.get(name);
    if (url === undefined) throw new Error(`The server said nothing of ${name}: ${[...this.#wireUrls.keys()]}`);
    return url;
  }

  static async start(options: ServerOptions = {}): Promise<ServerProcess> {
    const { workers, threads, models = [], preloads = [], wires = [] } = options;
    const flags = [
      ...['--host', '127.0.0.1', '--port', '0'],
      ...(workers === undefined ? [] : ['--workers', String(workers)]),
      ...(threads === undefined ? [] : ['--threads', String(threads)]),
      ...models.flatMap((folder) => ['--models', folder]),
      ...wires.flatMap((name) => ['--wire', `${name}:0`]),
    ];
    const imports = preloads.length === 0 ? {} : { NODE_OPTIONS: preloads.map((file) => `--import=${file}`).join(' ') };
    const child = spawn(process.execPath, [command, 'serve', ...flags], {
      env: { ...process.env, ...imports },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let greeting = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      greeting += text;
    });
    for (let waited = 0; waited < 60_000; waited += 20) {
      const url = /listens on (http:\S+)/.exec(greeting)?.[1];
      const others = [...greeting.matchAll(/^ {2}([\w-]+) on (http:\S+)$/gm)].map(
        ([, name, at]) => [name!, at!] as const,
      );
      if (url && others.length >= wires.length) return new ServerProcess(child, url, new Map(others.toReversed())); // HTTP before gRPC
      if (child.exitCode !== null) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    child.kill('SIGKILL');
    throw new Error(`segserve serve ${flags.join(' ')} did not start: ${greeting}`);
  }

  get gatewayCpuSeconds(): number {
    return cpuSecondsOf(this.#process.pid!);
  }

  get workersCpuSeconds(): number {
    return sum(childrenOf(this.#process.pid!).map(cpuSecondsOf));
  }

  get gatewayRssBytes(): number {
    return rssBytesOf(this.#process.pid!);
  }

  get workersRssBytes(): number {
    return sum(childrenOf(this.#process.pid!).map(rssBytesOf));
  }

  /** Only with the preload collectOnSignal, and only while nothing is asked. */
  async collectGarbage(): Promise<void> {
    const pids = [this.#process.pid!, ...childrenOf(this.#process.pid!)];
    for (const pid of pids) process.kill(pid, 'SIGUSR2');
    await new Promise((resolve) => setTimeout(resolve, 250));
  }

  /** One number of /metrics, summed over its series; NaN when it is not there. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    const values = [...text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))].map(([, value]) =>
      Number(value),
    );
    return values.length === 0 ? Number.NaN : sum(values);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGTERM');
    const late = setTimeout(() => this.#process.kill('SIGKILL'), 10_000);
    await ended;
    clearTimeout(late);
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
