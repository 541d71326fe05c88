import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { Fault } from '../../domain/fault.ts';
import type { Context } from '../context.ts';

const servingSchema = z.object({
  pid: z.int().min(2),
  /** Names of the modules. */
  module: z.array(z.string()),
  /** Seconds since 1970. */
  start_time: z.number(),
  /** What `processStamp` said of the process; the predecessor's own files have none. */
  process: z.string(),
});

export type Serving = z.output<typeof servingSchema>;

/** Where what was started on a port leaves word of itself: only its user may read or write there. */
export function servingFile({ env }: Context, port: number): string {
  return path.join(env.HOME || homedir(), '.segserve', 'paddlehub', `serving_${port}.json`);
}

export async function writeServing(file: string, serving: Serving): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  await rm(file, { force: true });
  await writeFile(file, JSON.stringify(serving), { mode: 0o600, flag: 'wx' });
}

/** Undefined when there is no such file. Throws Fault `config_invalid` when it is none of ours. */
export async function readServing(file: string): Promise<Serving | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const parsed = servingSchema.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  throw new Fault(
    'config_invalid',
    `${file} does not say which process to stop. Remove it, and stop the server itself.`,
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Takes the word back, unless another server has left its own in its place. */
export async function forgetServing(file: string, pid: number): Promise<void> {
  const found = await readServing(file).catch(() => undefined);
  if (found?.pid === pid) await rm(file, { force: true });
}
