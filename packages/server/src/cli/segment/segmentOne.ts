import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Engine } from '../../domain/engineDoor.ts';
import { Fault } from '../../domain/fault.ts';
import type { Extras, SegmentRequest, SegmentResult } from '../../domain/request.ts';
import type { Context } from '../context.ts';
import type { Input } from './collectInputs.ts';
import type { Job } from './planOutputs.ts';

export interface JobReport {
  readonly job: Job;
  readonly ms: number;
  readonly result?: SegmentResult;
  /** Undefined when all answers are written. */
  readonly error?: unknown;
}

export interface SegmentTask {
  readonly engine: Engine;
  readonly context: Context;
  readonly request: Omit<SegmentRequest, 'image' | 'signal'>;
  readonly imageBytesMax: number;
  /** What stands beside a picture; nothing when absent. */
  readonly extrasOf?: (input: Input) => Promise<Extras<Uint8Array>>;
}

/** Reads one picture, has it segmented, and writes its answers. Never rejects: a failure is part of the report. */
export async function segmentOne(task: SegmentTask, job: Job, signal: AbortSignal): Promise<JobReport> {
  const { engine, context, request, imageBytesMax } = task;
  const startedAt = context.now();
  try {
    const image = await readInput(job.input, context, imageBytesMax, signal);
    const extras = await task.extrasOf?.(job.input);
    const result = await engine.segment({ ...request, image, signal, ...(extras && { extras }) });
    for (const [index, answer] of result.answers.entries()) {
      const file = job.files[index];
      if (file === undefined) await context.stdout.write(answer.bytes);
      else await writeWhole(file, answer.bytes);
    }
    return { job, result, ms: context.now() - startedAt };
  } catch (error) {
    return { job, error, ms: context.now() - startedAt };
  }
}

async function readInput(input: Input, context: Context, bytesMax: number, signal: AbortSignal): Promise<Uint8Array> {
  const expected = `a picture of at most ${bytesMax} bytes (limits.imageBytesMax)`;
  if (input.file !== undefined) {
    const { size } = await stat(input.file);
    if (size > bytesMax) throw Fault.expected('body_too_large', expected, `${size}`);
    return readFile(input.file);
  }
  const stop = () => context.stdin.destroy?.();
  signal.addEventListener('abort', stop, { once: true });
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of context.stdin) {
    size += chunk.byteLength;
    if (size > bytesMax) throw Fault.expected('body_too_large', expected, 'more on standard input');
    chunks.push(chunk);
  }
  signal.removeEventListener('abort', stop);
  return Buffer.concat(chunks);
}

/** Appears under its name only when complete, so that a stopped run leaves no half pictures. */
async function writeWhole(file: string, bytes: Uint8Array): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  if (await isDevice(file)) return writeFile(file, bytes);
  const draft = path.join(path.dirname(file), `.${path.basename(file)}.${randomUUID().slice(0, 8)}`);
  try {
    const handle = await open(draft, 'wx');
    await handle.writeFile(bytes).finally(() => handle.close());
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/** /dev/null and pipes are written to, not replaced. */
async function isDevice(file: string): Promise<boolean> {
  const found = await stat(file).catch(() => undefined);
  return found !== undefined && !found.isFile();
}
