import { create } from '@bufbuild/protobuf';
import { type ModelStatistics as Message, ModelStatisticsSchema } from './gen/open_inference_pb.ts';
import type { ServedModel } from './modelNames.ts';
import type { Duration, ModelStatistics } from './statistics.ts';

const none: Duration = { count: 0, ns: 0 };

/** Triton's statistics of one model and version as its message. */
export function statisticsMessage({ name, version }: ServedModel, stats: ModelStatistics): Message {
  return create(ModelStatisticsSchema, {
    name,
    version,
    lastInference: BigInt(stats.lastInference),
    inferenceCount: BigInt(stats.inferenceCount),
    executionCount: BigInt(stats.executionCount),
    inferenceStats: {
      success: duration(stats.success),
      fail: duration(stats.fail),
      queue: duration(stats.queue),
      computeInput: duration(stats.computeInput),
      computeInfer: duration(stats.computeInfer),
      computeOutput: duration(stats.computeOutput),
      cacheHit: duration(none),
      cacheMiss: duration(none),
    },
    batchStats: stats.batches.map((batch) => ({
      batchSize: BigInt(batch.batchSize),
      computeInput: duration(batch.computeInput),
      computeInfer: duration(batch.computeInfer),
      computeOutput: duration(batch.computeOutput),
    })),
  });
}

function duration({ count, ns }: Duration) {
  return { count: BigInt(count), ns: BigInt(ns) };
}
