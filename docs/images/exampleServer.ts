import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { AnswerExample } from './answerExample.ts';

export interface ExampleServer extends AsyncDisposable {
  /** Sends just what the example's line says; gives what came back. */
  ask(example: Pick<AnswerExample, 'photo' | 'model' | 'query'>): Promise<Buffer>;
}

/** `segserve serve` on a free port, with the packages of `folder` besides the built-in ones. */
export async function startExampleServer(folder: string): Promise<ExampleServer> {
  const command = fileURLToPath(new URL('../../packages/server/bin/segserve.js', import.meta.url));
  // One thread: the order of its sums does not depend on the machine's cores.
  const flags = ['--port', '0', '--models', folder, '--log-level', 'warn', '--workers', '1', '--threads', '1'];
  const child = spawn(process.execPath, [command, 'serve', ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
  process.on('exit', () => child.kill());
  const ended = new Promise<void>((resolve) => child.on('exit', () => resolve()));
  const { promise: address, resolve, reject } = Promise.withResolvers<string>();
  createInterface(child.stdout).on('line', (line) => {
    const found = /listens on (\S+)/.exec(line)?.[1];
    if (found) resolve(found);
  });
  ended.then(() => reject(new Error('The server ended before it was ready.')));
  const base = await address;
  return {
    async ask({ photo, model, query }) {
      const body = await readFile(new URL(`../../examples/${photo}`, import.meta.url));
      const headers = { 'content-type': typeOf(photo) };
      const response = await fetch(`${base}/v1/models/${model}/segment?${query}`, { method: 'POST', body, headers });
      if (!response.ok) throw new Error(`${query} of ${photo}: ${await response.text()}`);
      return Buffer.from(await response.arrayBuffer());
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

export function typeOf(photo: string): string {
  return photo.endsWith('.png') ? 'image/png' : 'image/jpeg';
}
