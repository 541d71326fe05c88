import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { RefineMethod } from '@segserve/contract';
import type { Command } from 'commander';
import { taskOf } from '../../domain/chainSpec.ts';
import { Fault } from '../../domain/fault.ts';
import { configFrom } from '../configFlags.ts';
import type { Context } from '../context.ts';
import { modelCatalogue } from '../modelCatalogue.ts';
import { UsageError } from '../usageError.ts';
import { type AnswerWords, chooseAnswers, numberOf, sizeOf } from './chooseAnswers.ts';
import { collectInputs } from './collectInputs.ts';
import { type ExtraWords, extraPictures } from './extraPictures.ts';
import { outputTarget } from './outputTarget.ts';
import { type Job, planOutputs } from './planOutputs.ts';
import { type PromptWords, promptsOf } from './promptsOf.ts';
import { openReporter } from './reporter.ts';
import { type RunsWords, runsOf } from './runsOf.ts';
import { segmentAll, untilStopped } from './segmentAll.ts';
import { segmentOne } from './segmentOne.ts';

interface SegmentFlags extends AnswerWords, ExtraWords, PromptWords, RunsWords {
  readonly model?: string;
  readonly threshold?: string;
  readonly refine?: RefineMethod;
  readonly size?: string;
  readonly scoreThreshold?: string;
  readonly maxInstances?: string;
  readonly output?: string;
  readonly recursive?: boolean;
  readonly skipExisting?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** The story of `segserve segment`; gives the exit code. All that can be wrong with the command line is found first. */
export async function segmentPictures(words: readonly string[], command: Command, context: Context): Promise<number> {
  const flags: SegmentFlags = command.opts();
  const { cwd } = context;
  const threshold = numberOf('--threshold', flags.threshold, 0, 1);
  const size = sizeOf(flags.size);
  const runs = runsOf(flags);
  const scoreThreshold = numberOf('--score-threshold', flags.scoreThreshold, 0, 1);
  const maxInstances = numberOf('--max-instances', flags.maxInstances, 1, 65_535, true);
  const target = await outputTarget(flags.output, { cwd, readsStdin: words.includes('-') });
  const outputFolder = target.kind === 'folder' ? target.folder : undefined;
  const { inputs, earlierAnswers } = await collectInputs(words, {
    cwd,
    recursive: flags.recursive ?? false,
    outputFolder,
  });

  const { config } = await configFrom(command, context);
  const spec = await context.services.resolveModel(
    await modelCatalogue(config, context),
    flags.model ?? config.defaultModel,
  );
  const prompts = promptsOf(flags, spec.ref, taskOf(spec));
  const answers = chooseAnswers(flags, taskOf(spec), target.kind === 'file' ? target.format : undefined);
  const planned = planOutputs(inputs, answers, target);
  await checkInputsStay(planned);
  checkStandardOutput(planned, flags.json ?? false, answers[0]?.format === 'json', context);
  const extrasOf = await extraPictures(flags, inputs, cwd);
  const jobs = flags.skipExisting ? planned.filter((job) => !isWritten(job)) : planned;

  const { value: tally, exitCode } = await untilStopped(context, async (signal) => {
    const reporter = openReporter(context, {
      total: jobs.length,
      skipped: planned.length - jobs.length,
      earlierAnswers,
      json: flags.json ?? false,
      quiet: flags.quiet ?? false,
    });
    if (jobs.length === 0) return reporter.end({ done: 0, failed: 0 }, false);
    const { limits } = config;
    const { threads } = config.engine;
    const engine = await context.services.openEngine({ models: [spec], limits, threads });
    try {
      const { state, error } = engine.model(spec.ref);
      if (state === 'failed') throw new Fault('model_not_ready', `${spec.ref} cannot be used: ${error}`);
      const request = {
        model: spec.ref,
        answers,
        deadlineMs: limits.deadlineMsMax,
        ...(threshold === undefined ? {} : { threshold }),
        ...(size === undefined ? {} : { size }),
        ...runs,
        ...(prompts === undefined ? {} : { prompts }),
        ...(scoreThreshold === undefined ? {} : { scoreThreshold }),
        ...(maxInstances === undefined ? {} : { maxInstances }),
        ...(flags.refine === undefined ? {} : { refine: flags.refine }),
      };
      const task = { engine, context, request, imageBytesMax: limits.imageBytesMax, extrasOf };
      const counted = await segmentAll(jobs, (job) => segmentOne(task, job, signal), reporter.report, signal);
      return await reporter.end(counted, signal.aborted);
    } finally {
      await engine.close({ graceMs: signal.aborted ? 0 : 1000 });
    }
  });
  return exitCode ?? (tally.failed > 0 ? 1 : 0);
}

/** Names may differ and still mean one file: links, and file systems that ignore case. */
async function checkInputsStay(jobs: readonly Job[]): Promise<void> {
  const isOne = jobs.length === 1;
  const [{ input, files } = { input: undefined, files: [] }] = jobs;
  if (!isOne || input?.file === undefined || files[0] === undefined) return;
  const [before, after] = await Promise.all([input.file, files[0]].map((file) => stat(file).catch(() => undefined)));
  if (before && after && before.ino === after.ino && before.dev === after.dev) {
    throw new UsageError(`The answer would replace the input ${input.shown}. Choose another place with -o.`);
  }
}

function checkStandardOutput(jobs: readonly Job[], json: boolean, isText: boolean, { stdout }: Context): void {
  if (!jobs.some((job) => job.files.includes(undefined))) return;
  if (json) throw new UsageError('--json and an answer cannot share standard output. Name a place with -o.');
  if (stdout.isTTY && !isText) {
    throw new UsageError('A terminal cannot show a picture. Redirect it ("> person.png"), or name a file with -o.');
  }
}

function isWritten({ files }: Job): boolean {
  return files.every((file) => file !== undefined && existsSync(file));
}
