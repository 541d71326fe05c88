import { setTimeout as pause } from 'node:timers/promises';
import type { Engine } from '../../domain/engineDoor.ts';
import { GrpcError, type GrpcService, grpcStatus } from '../../domain/wire.ts';
import {
  Health,
  HealthCheckRequestSchema,
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus as Status,
} from './gen/grpc_health_v1_pb.ts';
import { readMessage, streaming, unary } from './grpcMethods.ts';

/** How often a watched state is looked at. */
const lookMs = 250;

/** `grpc.health.v1.Health`, of the server as a whole (no name) and of each service that is served. */
export function healthService(engine: Engine, services: () => readonly string[]): GrpcService {
  const statusOf = (service: string) => {
    if (service !== '' && !services().includes(service)) return Status.SERVICE_UNKNOWN;
    return engine.notReady() === undefined ? Status.SERVING : Status.NOT_SERVING;
  };
  return {
    name: Health.typeName,
    methods: {
      Check: unary(HealthCheckRequestSchema, HealthCheckResponseSchema, ({ service }) => {
        const status = statusOf(service);
        if (status !== Status.SERVICE_UNKNOWN) return { status };
        throw new GrpcError(grpcStatus.notFound, `Unknown service "${service.slice(0, 80)}".`);
      }),
      Watch: streaming(HealthCheckResponseSchema, async function* (messages, { signal }) {
        for await (const bytes of messages) {
          const { service } = readMessage(HealthCheckRequestSchema, bytes);
          let told: Status | undefined;
          while (!signal.aborted) {
            const status = statusOf(service);
            if (status !== told) yield { status };
            told = status;
            await pause(lookMs, undefined, { signal, ref: false }).catch(() => {});
          }
          return;
        }
      }),
    },
  };
}
