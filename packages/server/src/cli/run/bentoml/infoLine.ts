import type { BentoApi, Bundle } from '../../../protocols/bentoml/bundle.ts';
import { pythonDict } from './pythonDict.ts';
import type { RunResult } from './runOne.ts';
import { type RunTask, taskData } from './runTasks.ts';

/** Characters of a result in the line: a class map has millions, which the result line itself shows. */
const dataMax = 2000;

export interface RunFacts {
  readonly bundle: Bundle;
  readonly api: BentoApi;
  readonly words: readonly string[];
  readonly task: RunTask;
  readonly result: RunResult;
}

/** The line that a call leaves beside its result, with the keys of 0.9. */
export function infoLine({ bundle, api, words, task, result }: RunFacts, now: Date): string {
  const { taskId, data, status, contentType } = result;
  const dict = {
    service_name: bundle.service,
    service_version: bundle.serviceVersion,
    api: api.name,
    task: { data: taskData(task), task_id: taskId, cli_args: words },
    result: {
      data: data.length > dataMax ? `${data.slice(0, dataMax)}…` : data,
      http_status: status,
      http_headers: { 'Content-Type': contentType },
    },
    request_id: taskId,
  };
  // As Python's logging writes the time: a comma before the milliseconds.
  const time = now.toISOString().replace('T', ' ').replace('.', ',').replace('Z', '');
  return `[${time}] INFO - ${pythonDict(dict)}\n`;
}
