import type { ServedModel } from './modelNames.ts';
import type { Duration, ModelStatistics, Statistics } from './statistics.ts';

const none: Duration = { count: 0, ns: 0 };

/** Triton's statistics as JSON, of the models in the order given. */
export function statisticsJson({ statistics }: { readonly statistics: Statistics }, models: readonly ServedModel[]) {
  return { model_stats: models.map(({ name, version, ref }) => modelJson(name, version, statistics.of(ref))) };
}

function modelJson(name: string, version: string, stats: ModelStatistics) {
  return {
    name,
    version,
    last_inference: stats.lastInference,
    inference_count: stats.inferenceCount,
    execution_count: stats.executionCount,
    inference_stats: {
      success: stats.success,
      fail: stats.fail,
      queue: stats.queue,
      compute_input: stats.computeInput,
      compute_infer: stats.computeInfer,
      compute_output: stats.computeOutput,
      cache_hit: none,
      cache_miss: none,
    },
    response_stats: {},
    batch_stats: stats.batches.map((batch) => ({
      batch_size: batch.batchSize,
      compute_input: batch.computeInput,
      compute_infer: batch.computeInfer,
      compute_output: batch.computeOutput,
    })),
    memory_usage: [],
  };
}
