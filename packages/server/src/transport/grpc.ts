import { randomUUID } from 'node:crypto';
import type { Duplex } from 'node:stream';
import {
  type Metadata,
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerErrorResponse,
  type ServerUnaryCall,
  type ServiceDefinition,
  type sendUnaryData,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { publish } from '../domain/events.ts';
import { Fault } from '../domain/fault.ts';
import { type GrpcCall, GrpcError, type GrpcMethod, type GrpcService, grpcStatus } from '../domain/wire.ts';
import type { HttpSettings } from './httpOptions.ts';
import type { Holding, Intake } from './intake.ts';

/** How every HTTP/2 connection begins: RFC 9113 §3.4. */
export const http2Magic = 'PRI * HTTP/2.0\r\n';

export interface GrpcSpeaker {
  take(socket: Duplex): void;
  /** Calls under way now. */
  calls(): number;
  /** Ends idle connections, lets calls finish for `graceMs`, then cuts off. */
  close(graceMs: number): Promise<void>;
}

export interface GrpcOptions {
  readonly services: readonly GrpcService[];
  readonly settings: HttpSettings;
  readonly intake: Intake;
  readonly isClosing: () => boolean;
}

type Bytes = Buffer;
type Call = ServerUnaryCall<Bytes, Bytes> | ServerDuplexStream<Bytes, Bytes>;

/** gRPC over connections that the doorway hands in. Messages stay bytes: each wire knows its own. */
export function openGrpc({ services, settings, intake, isClosing }: GrpcOptions): GrpcSpeaker {
  const server = new Server({
    'grpc.max_receive_message_length': settings.bodyBytesMax,
    'grpc.max_send_message_length': -1,
    'grpc.max_concurrent_streams': 1024,
    'grpc.keepalive_time_ms': 60_000,
  });
  let calls = 0;
  const gate: CallGate = {
    enter() {
      if (isClosing()) throw new GrpcError(grpcStatus.unavailable, 'The server is shutting down.');
      calls += 1;
    },
    leave() {
      calls -= 1;
    },
    hold: () => intake.hold(),
  };
  for (const service of services) {
    server.addService(definitionOf(service), implementationOf(service, gate));
  }
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  return {
    take: (socket) => injector.injectConnection(socket),
    calls: () => calls,
    async close(graceMs) {
      const until = performance.now() + graceMs;
      injector.drain(graceMs);
      while (calls > 0 && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, 10));
      injector.destroy();
      server.forceShutdown();
    },
  };
}

interface CallGate {
  enter(): void;
  leave(): void;
  hold(): Holding;
}

function definitionOf({ name, methods }: GrpcService): ServiceDefinition {
  const identity = (bytes: Bytes) => bytes;
  const define = ([method, { kind }]: [string, GrpcMethod]): [string, MethodDefinition<Bytes, Bytes>] => [
    method,
    {
      path: `/${name}/${method}`,
      requestStream: kind === 'stream',
      responseStream: kind === 'stream',
      requestSerialize: identity,
      requestDeserialize: identity,
      responseSerialize: identity,
      responseDeserialize: identity,
    },
  ];
  return Object.fromEntries(Object.entries(methods).map(define));
}

function implementationOf({ name, methods }: GrpcService, gate: CallGate): UntypedServiceImplementation {
  return Object.fromEntries(
    Object.entries(methods).map(([method, { kind, handle }]) => {
      const where = `${name}/${method}`;
      return [method, kind === 'unary' ? unary(handle, gate, where) : streaming(handle, gate, where)];
    }),
  );
}

function unary(handle: Extract<GrpcMethod, { kind: 'unary' }>['handle'], gate: CallGate, where: string) {
  return async (call: ServerUnaryCall<Bytes, Bytes>, answer: sendUnaryData<Bytes>) => {
    const holding = gate.hold();
    let entered = false;
    try {
      gate.enter();
      entered = true;
      holding.add(call.request.length);
      const reply = await handle(call.request, callOf(call));
      answer(null, asBuffer(reply));
    } catch (error) {
      answer(statusOf(error, where));
    } finally {
      holding.release();
      if (entered) gate.leave();
    }
  };
}

function streaming(handle: Extract<GrpcMethod, { kind: 'stream' }>['handle'], gate: CallGate, where: string) {
  return async (call: ServerDuplexStream<Bytes, Bytes>) => {
    let entered = false;
    // A caller that goes breaks both directions; the signal tells the handler.
    call.on('error', () => {});
    try {
      gate.enter();
      entered = true;
      for await (const reply of handle(heldMessages(call, gate), callOf(call))) {
        if (call.cancelled) return;
        if (!call.write(asBuffer(reply))) await drained(call);
      }
      call.end();
    } catch (error) {
      call.emit('error', statusOf(error, where));
    } finally {
      if (entered) gate.leave();
    }
  };
}

async function* heldMessages(call: ServerDuplexStream<Bytes, Bytes>, gate: CallGate): AsyncGenerator<Bytes> {
  // A handler that stops listening must still be able to answer: the plain iterator would destroy the call.
  for await (const message of call.iterator({ destroyOnReturn: false }) as AsyncIterable<Bytes>) {
    const holding = gate.hold();
    try {
      holding.add(message.length);
      yield message;
    } finally {
      holding.release();
    }
  }
}

function drained(call: ServerDuplexStream<Bytes, Bytes>): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      call.off('drain', done).off('cancelled', done).off('close', done);
      resolve();
    };
    call.on('drain', done).on('cancelled', done).on('close', done);
  });
}

function callOf(call: Call): GrpcCall {
  const leaving = new AbortController();
  call.on('cancelled', () => leaving.abort());
  const deadline = call.getDeadline();
  const left = (typeof deadline === 'number' ? deadline : deadline.getTime()) - Date.now();
  return {
    signal: leaving.signal,
    deadlineMs: Number.isFinite(left) ? Math.max(1, left) : undefined,
    metadata: (key) => firstText(call.metadata, key),
    requestId: firstText(call.metadata, 'x-request-id')?.slice(0, 128) ?? randomUUID(),
  };
}

function firstText(metadata: Metadata, key: string): string | undefined {
  const [value] = metadata.get(key);
  return typeof value === 'string' ? value : undefined;
}

function statusOf(error: unknown, where: string): ServerErrorResponse {
  if (error instanceof GrpcError) return statusError(error.status, error.message);
  if (error instanceof Fault && error.code === 'overloaded') {
    return statusError(grpcStatus.resourceExhausted, error.message);
  }
  publish('segserve:defect', { where: `gRPC ${where}`, error });
  return statusError(grpcStatus.internal, 'A defect in segserve. The server log tells more.');
}

function statusError(code: number, details: string): ServerErrorResponse {
  return Object.assign(new Error(details), { code, details });
}

function asBuffer(bytes: Uint8Array): Bytes {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
