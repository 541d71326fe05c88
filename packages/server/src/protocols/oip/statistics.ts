import type { Timings } from '@segserve/contract';

export interface Duration {
  readonly count: number;
  readonly ns: number;
}

/** Triton's `extension_statistics.md`. There is no cache, so nothing is told of one but zeros. */
export interface ModelStatistics {
  /** Milliseconds since 1970; 0: none yet. */
  readonly lastInference: number;
  readonly inferenceCount: number;
  readonly executionCount: number;
  readonly success: Duration;
  readonly fail: Duration;
  readonly queue: Duration;
  readonly computeInput: Duration;
  readonly computeInfer: Duration;
  readonly computeOutput: Duration;
  /** Ascending by batch size. */
  readonly batches: readonly BatchStatistics[];
}

export interface BatchStatistics {
  readonly batchSize: number;
  readonly computeInput: Duration;
  readonly computeInfer: Duration;
  readonly computeOutput: Duration;
}

/** What one inference of a request took. */
export interface InferencePart {
  readonly timings: Timings;
  /** How many pictures shared the run. */
  readonly batchSize: number;
}

class Total {
  count = 0;
  ms = 0;

  add(ms: number, count = 1): void {
    this.count += count;
    this.ms += ms;
  }

  get duration(): Duration {
    return { count: Math.round(this.count), ns: Math.round(this.ms * 1e6) };
  }
}

class Compute {
  readonly input = new Total();
  readonly infer = new Total();
  readonly output = new Total();

  /** `share`: what part of the run this picture was. Every picture is decoded and encoded for itself. */
  add({ decode, preprocess, infer, postprocess, encode }: Timings, share: number): void {
    this.input.add(decode + preprocess, share);
    this.infer.add(infer * share, share);
    this.output.add(postprocess + encode, share);
  }
}

/** What is kept of one model and version. */
class ModelRecord {
  lastInference = 0;
  inferences = 0;
  executions = 0;
  readonly success = new Total();
  readonly fail = new Total();
  readonly queue = new Total();
  readonly compute = new Compute();
  readonly batches = new Map<number, Compute>();
}

/** Counts and durations of every model and version since the start, from what the engine tells of each request. */
export class Statistics {
  readonly #records = new Map<string, ModelRecord>();

  succeeded(ref: string, totalMs: number, parts: readonly InferencePart[]): void {
    const record = this.#record(ref);
    record.lastInference = Date.now();
    record.success.add(totalMs);
    record.queue.add(Math.max(...parts.map(({ timings }) => timings.queue)));
    record.inferences += parts.length;
    for (const { timings, batchSize } of parts) {
      record.executions += 1 / batchSize;
      record.compute.add(timings, 1);
      const batch = record.batches.get(batchSize) ?? new Compute();
      record.batches.set(batchSize, batch);
      batch.add(timings, 1 / batchSize);
    }
  }

  failed(ref: string, totalMs: number): void {
    const record = this.#record(ref);
    record.lastInference = Date.now();
    record.fail.add(totalMs);
  }

  of(ref: string): ModelStatistics {
    const record = this.#records.get(ref) ?? new ModelRecord();
    return {
      lastInference: record.lastInference,
      inferenceCount: record.inferences,
      executionCount: Math.round(record.executions),
      success: record.success.duration,
      fail: record.fail.duration,
      queue: record.queue.duration,
      ...durationsOf(record.compute),
      batches: [...record.batches]
        .toSorted(([one], [other]) => one - other)
        .map(([batchSize, compute]) => ({ batchSize, ...durationsOf(compute) })),
    };
  }

  #record(ref: string): ModelRecord {
    const record = this.#records.get(ref) ?? new ModelRecord();
    this.#records.set(ref, record);
    return record;
  }
}

function durationsOf({ input, infer, output }: Compute) {
  return { computeInput: input.duration, computeInfer: infer.duration, computeOutput: output.duration };
}
