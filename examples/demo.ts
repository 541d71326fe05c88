/**
 * The whole road in one command: starts the real server with the built-in model, sends it every photo of this folder
 * over HTTP, writes cut-outs, class maps and overlays, says where they are and how long each stage took, and stops.
 */
import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const output = path.resolve('demo-output');
const answers = ['cutout', 'labels', 'overlay'];
const stages = ['queue', 'decode', 'preprocess', 'infer', 'postprocess', 'encode', 'total'];

interface Reply {
  readonly width: number;
  readonly height: number;
  readonly answers: readonly { readonly answer: string; readonly contentType: string; readonly data: string }[];
}

const server = await startServer();
try {
  await mkdir(output, { recursive: true });
  const photos = globSync('*.jpg', { cwd: here }).toSorted();
  await segment(photos[0]!); // The first request of a process pays for code that is compiled once.
  const rows = [];
  for (const photo of photos) rows.push(await segment(photo));
  print(['photo', 'pixels', ...stages.map((stage) => `${stage} ms`)], rows);
  console.log(`\n${photos.length * answers.length} pictures are in ${output}`);
} finally {
  await server.stop();
}

/** `segserve serve` on a free port, up and ready. */
async function startServer(): Promise<{ address: string; stop: () => Promise<void> }> {
  const command = path.join(here, '../packages/server/bin/segserve.js');
  const child = spawn(process.execPath, [command, 'serve', '--port', '0', '--log-level', 'warn'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  process.on('exit', () => child.kill()); // However this script ends, its server ends too.
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  createInterface(child.stdout).on('line', (line) => {
    const address = /listens on (\S+)/.exec(line)?.[1];
    if (address) resolve(address);
    if (!/curl|Try it|^$/.test(line)) console.log(line);
  });
  ended.then((code) => reject(new Error(`The server ended with code ${code} before it was ready.`)));
  const address = await promise;
  console.log();
  return {
    address,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Sends one photo and writes its answers; gives the row of the table. */
async function segment(photo: string): Promise<string[]> {
  const body = await readFile(path.join(here, photo));
  const url = `${server.address}/v1/models/portrait/segment?answer=${answers}&response=json`;
  const response = await fetch(url, { method: 'POST', body, headers: { 'content-type': 'image/jpeg' } });
  if (!response.ok) throw new Error(`${photo}: ${await response.text()}`);
  const reply = (await response.json()) as Reply;
  const { name } = path.parse(photo);
  for (const { answer, contentType, data } of reply.answers) {
    const extension = contentType.split('/')[1];
    await writeFile(path.join(output, `${name}.${answer}.${extension}`), Buffer.from(data, 'base64'));
  }
  const timings = new Map(
    (response.headers.get('server-timing') ?? '').split(', ').map((entry) => {
      const [stage = '', duration = ''] = entry.split(';dur=');
      return [stage, duration] as const;
    }),
  );
  return [photo, `${reply.width}×${reply.height}`, ...stages.map((stage) => timings.get(stage) ?? '')];
}

function print(head: string[], rows: string[][]): void {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]!.length)));
  for (const row of [head, ...rows]) {
    console.log(
      row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join('  '),
    );
  }
}
