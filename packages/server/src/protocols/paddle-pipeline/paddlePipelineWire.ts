import type { Wire, WireServices } from '../../domain/wire.ts';
import { pipelineService } from './grpcService.ts';
import { orderOps } from './opGraph.ts';
import { type AnswerPipeline, answerPipelineFault, pipelineRoutes } from './routes.ts';
import { runPipeline } from './runPipeline.ts';
import type { PaddlePipelineSettings } from './settings.ts';

/** Paddle Serving's pipeline mode: the HTTP gateway and the gRPC service. README.md describes it. */
export function paddlePipelineWire({ engine }: WireServices, settings: PaddlePipelineSettings): Wire {
  const ops = orderOps(settings.ops);
  const answer: AnswerPipeline = (request, caller) => runPipeline(engine, ops, settings, request, caller);
  return {
    name: 'paddle-pipeline',
    http: {
      routes: (app) => pipelineRoutes(app, answer, settings.generation),
      answerFault: answerPipelineFault,
      bare: true,
      bodyOnGet: true,
    },
    grpc: [pipelineService(answer, settings.generation)],
  };
}
