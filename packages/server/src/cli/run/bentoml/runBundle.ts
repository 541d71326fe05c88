import { loadConfig } from '../../../config/loadConfig.ts';
import { Fault } from '../../../domain/fault.ts';
import type { BentoApi, Bundle } from '../../../protocols/bentoml/bundle.ts';
import type { Context } from '../../context.ts';
import { modelCatalogue } from '../../modelCatalogue.ts';
import { untilStopped } from '../../segment/segmentAll.ts';
import { findBundle } from './findBundle.ts';
import { infoLine } from './infoLine.ts';
import { RunArgumentError, type RunArguments, runArguments } from './runArguments.ts';
import { type RunPlace, type RunResult, runOne } from './runOne.ts';
import { type RunTask, runTasks } from './runTasks.ts';

/** Tasks at once when --max-batch-size says nothing: enough for a batch, few enough to keep memory small. */
const batchSizeDefault = 8;

/** `run NAME:VERSION API --input-file F …`: one line for each input; 1 when any failed or the words make no sense. */
export async function runBundle(words: readonly string[], context: Context): Promise<number> {
  try {
    return await run(runArguments(words), context);
  } catch (error) {
    if (!(error instanceof RunArgumentError)) throw error;
    await context.stderr.write(`${error.message}\n`);
    return 1;
  }
}

async function run(given: RunArguments, context: Context): Promise<number> {
  const { config } = await loadConfig({
    env: context.env,
    cwd: context.cwd,
    flags: given.models.length === 0 ? [] : [{ key: 'models', flag: '--models', value: [...given.models] }],
    terminal: context.stderr.isTTY,
    ...(given.config === undefined ? {} : { file: given.config }),
  });
  const { cwd } = context;
  const specs = await modelCatalogue(config, context);
  const bundle = await findBundle(given.tag, { config, specs, cwd });
  const api = apiOf(bundle, given.api);
  const tasks = runTasks(given, api, cwd);
  const spec = await context.services.resolveModel(specs, api.model);

  const { value: failed, exitCode } = await untilStopped(context, async (signal) => {
    const { limits } = config;
    const { threads } = config.engine;
    const engine = await context.services.openEngine({ models: [spec], limits, threads });
    try {
      const { state, error } = engine.model(spec.ref);
      if (state === 'failed') throw new Fault('model_not_ready', `${spec.ref} cannot be used: ${error}`);
      const place = { bundle, api: { ...api, model: spec.ref }, engine, deadlineMs: limits.deadlineMsMax, signal, cwd };
      return await runAll(tasks, place, given, context);
    } finally {
      await engine.close({ graceMs: signal.aborted ? 0 : 1000 });
    }
  });
  return exitCode ?? (failed ? 1 : 0);
}

/** Every task, `--max-batch-size` at a time, told in their order; whether any failed. */
async function runAll(
  tasks: readonly RunTask[],
  place: RunPlace,
  { maxBatchSize = batchSizeDefault, quiet, output, words }: RunArguments,
  { stdout, stderr }: Context,
): Promise<boolean> {
  const { bundle, api, signal } = place;
  let anyFailed = false;
  for (let start = 0; start < tasks.length && !signal.aborted; start += maxBatchSize) {
    const batch = tasks.slice(start, start + maxBatchSize);
    const results = await Promise.all(batch.map((task) => runOne(task, place)));
    if (signal.aborted) break;
    for (const [index, result] of results.entries()) {
      anyFailed ||= result.status !== 200;
      if (!quiet) await stderr.write(infoLine({ bundle, api, words, task: batch[index]!, result }, new Date()));
      await stdout.write(`${output === 'str' ? asText(result) : result.data}\n`);
    }
  }
  return anyFailed;
}

function apiOf({ apis, service }: Bundle, name: string): BentoApi {
  const api = apis.find((known) => known.name === name);
  if (api) return api;
  const known = apis.map((other) => other.name).join(', ');
  throw new RunArgumentError(`The service ${service} has no API "${name}"; it has ${known}`);
}

/** A text without its quotation marks; every other value is JSON in both forms. */
function asText({ data, status }: RunResult): string {
  return status === 200 && data.startsWith('"') ? String(JSON.parse(data)) : data;
}
