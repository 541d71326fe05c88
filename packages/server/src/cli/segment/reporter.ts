import path from 'node:path';
import { Fault } from '../../domain/fault.ts';
import type { Context } from '../context.ts';
import { failureOf } from '../failure.ts';
import { duration, openProgress } from './progress.ts';
import type { Tally } from './segmentAll.ts';
import type { JobReport } from './segmentOne.ts';

export interface Reporter {
  readonly report: (report: JobReport) => Promise<void>;
  /** Writes the summary and hands the tally on. */
  end(tally: Tally, stopped: boolean): Promise<Tally>;
}

/** What `segment` says while it runs: people read standard error, programs the JSON lines on standard output. */
export function openReporter(
  context: Context,
  options: {
    readonly total: number;
    readonly skipped: number;
    readonly earlierAnswers: number;
    readonly json: boolean;
    readonly quiet: boolean;
  },
): Reporter {
  const { json, quiet, total } = options;
  const startedAt = context.now();
  const progress = openProgress(context.stderr, quiet ? 1 : total, context.now);
  return {
    report: async (report) => {
      if (json) await context.stdout.write(`${JSON.stringify(jsonLine(report))}\n`);
      if (report.error) await progress.failed(failedLine(report));
      else if (!quiet) await progress.done(doneLine(report, context.cwd));
    },
    end: async (tally, stopped) => {
      if (!quiet) await progress.end(summary(tally, options, context.now() - startedAt, stopped));
      return tally;
    },
  };
}

function doneLine({ job, result, ms }: JobReport, cwd: string): string {
  const places = job.files.map((file) => (file === undefined ? 'standard output' : near(file, cwd)));
  return `${job.input.shown} -> ${places.join(', ')} (${result?.width}×${result?.height}, ${Math.round(ms)} ms)`;
}

function failedLine({ job, error }: JobReport): string {
  return `${job.input.shown}: ${failureOf(error).lines.join(' ')}`;
}

function jsonLine({ job, result, error, ms }: JobReport): object {
  const input = job.input.file ?? '-';
  if (!result) {
    const { code, message } = Fault.from(error);
    return { input, error: { code, message } };
  }
  const answers = result.answers.map((answer, index) => ({
    answer: answer.kind,
    contentType: answer.contentType,
    bytes: answer.bytes.byteLength,
    file: job.files[index],
  }));
  const { model, width, height, timings } = result;
  return { input, model, width, height, answers, timings, ms: Math.round(ms * 10) / 10 };
}

function summary(
  { done, failed }: Tally,
  { total, skipped, earlierAnswers }: { total: number; skipped: number; earlierAnswers: number },
  ms: number,
  stopped: boolean,
): string {
  const rate = ms > 0 && done > 0 ? ` (${(done / (ms / 1000)).toFixed(1)}/s)` : '';
  const pictures = `${done} ${done === 1 ? 'picture' : 'pictures'} in ${ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : duration(ms / 1000)}${rate}`;
  const notes = [
    stopped ? `stopped with ${total - done - failed} left` : '',
    failed > 0 ? `${failed} failed` : '',
    skipped > 0 ? `${skipped} already there` : '',
    earlierAnswers > 0 ? `${earlierAnswers} earlier answers passed over` : '',
  ];
  return [pictures, ...notes.filter((note) => note !== '')].join(', ');
}

function near(file: string, cwd: string): string {
  const relative = path.relative(cwd, file);
  return relative.startsWith('..') ? file : relative;
}
