import { randomUUID } from 'node:crypto';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Engine } from '../../../domain/engineDoor.ts';
import { Fault } from '../../../domain/fault.ts';
import type { BentoApi, Bundle } from '../../../protocols/bentoml/bundle.ts';
import { callApi } from '../../../protocols/bentoml/callApi.ts';
import { bentoFaultReply } from '../../../protocols/bentoml/faults.ts';
import { wholeText } from '../../../protocols/bentoml/jsonBody.ts';
import type { ApiInput, Upload } from '../../../protocols/bentoml/parseRequest.ts';
import { Rejection } from '../../../protocols/bentoml/rejection.ts';
import type { RunTask, TaskInput } from './runTasks.ts';

/** What came of one task. */
export interface RunResult {
  readonly taskId: string;
  /** JSON, or the sentence of the error. */
  readonly data: string;
  readonly status: number;
  readonly contentType: string;
}

export interface RunPlace {
  readonly bundle: Bundle;
  readonly api: BentoApi;
  readonly engine: Engine;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
  /** Absolute. */
  readonly cwd: string;
}

/** One call of the API; never rejects: a failure is a result with another status. */
export async function runOne(task: RunTask, place: RunPlace): Promise<RunResult> {
  const { bundle, api, engine, deadlineMs, signal, cwd } = place;
  const taskId = randomUUID();
  const style = { ascii: bundle.version === '0.9' };
  try {
    const input = await inputOf(task, bundle, api);
    const keeper =
      api.picturesFolder === undefined ? {} : { keepPicture: pictureKeeper(task, api.picturesFolder, cwd) };
    const { json } = await callApi(input, { engine, api, style, deadlineMs, signal, requestId: taskId, ...keeper });
    return { taskId, data: await wholeText(json), status: 200, contentType: 'application/json' };
  } catch (error) {
    const { status, headers, body } = bentoFaultReply(error, { version: bundle.version, input: api.input });
    // Bodies of faults are for HTTP: where one says nothing, the fault itself still does.
    const data = error instanceof Fault && status !== 500 ? error.message : String(body).trim();
    return { taskId, data, status, contentType: headers['content-type'] ?? 'text/html; charset=utf-8' };
  }
}

/** Writes pictures under the names of their inputs, but never over an input. */
function pictureKeeper({ inputs }: RunTask, folder: string, cwd: string) {
  return async ({ fileName }: Upload, png: Uint8Array): Promise<void> => {
    if (fileName === undefined) return;
    const file = path.resolve(cwd, folder, fileName);
    if (inputs.some((input) => input.file === file)) throw new Rejection(`The picture would replace its input ${file}`);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, png);
  };
}

async function inputOf(task: RunTask, { requestBytesMax }: Bundle, api: BentoApi): Promise<ApiInput> {
  const uploads = await Promise.all(task.inputs.map((input) => uploadOf(input, requestBytesMax)));
  const [first] = uploads;
  if (api.input === 'JsonInput' || api.input === 'StrictJsonInput') {
    const text = first?.bytes.toString('utf8') ?? '';
    try {
      JSON.parse(text);
    } catch {
      throw new Rejection(`BentoML#${api.input} expected JSON`);
    }
    return { kind: 'json', text };
  }
  if (api.inputNames.length > 0) return { kind: 'files', uploads };
  return { kind: 'file', upload: first! };
}

async function uploadOf({ name, file, text }: TaskInput, bytesMax: number): Promise<Upload> {
  if (file === undefined) return { name, fileName: undefined, bytes: Buffer.from(text ?? '') };
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) throw new Rejection(`${file} is not a file`);
  if (found.size > bytesMax) {
    throw Fault.expected('body_too_large', `${file} to have at most ${bytesMax} bytes`, `${found.size}`);
  }
  return { name, fileName: path.basename(file), bytes: await readFile(file) };
}
