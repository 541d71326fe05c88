import type { GrpcService, Wire, WireServices } from '../../domain/wire.ts';
import { answerFault } from './faults.ts';
import { file_grpc_health_v1 } from './gen/grpc_health_v1_pb.ts';
import { file_grpc_reflection_v1 } from './gen/grpc_reflection_v1_pb.ts';
import { file_grpc_reflection_v1alpha } from './gen/grpc_reflection_v1alpha_pb.ts';
import { file_open_inference } from './gen/open_inference_pb.ts';
import { healthService } from './healthService.ts';
import { inferenceService } from './inferenceService.ts';
import { openHouse } from './oipHouse.ts';
import { reflectionServices } from './reflectionService.ts';
import { oipRoutes } from './routes.ts';
import type { OipSettings } from './settings.ts';

const files = [file_open_inference, file_grpc_health_v1, file_grpc_reflection_v1, file_grpc_reflection_v1alpha];

/** The Open Inference Protocol v2 over HTTP and gRPC, with Triton's extensions; README.md describes it. */
export function oipWire(services: WireServices, settings: OipSettings): Wire {
  const house = openHouse(services, settings);
  const grpc: GrpcService[] = [inferenceService(house)];
  const names = () => grpc.map(({ name }) => name);
  grpc.push(healthService(services.engine, names), ...reflectionServices(files, names));
  return {
    name: 'oip',
    http: { routes: (app) => oipRoutes(app, house), answerFault: (error) => answerFault(error) },
    grpc,
  };
}
