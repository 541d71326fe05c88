import type { FastifyPluginAsync } from 'fastify';
import type { Engine } from './engineDoor.ts';
import type { KeptPictures } from './keptPictures.ts';
import type { Sources } from './sources.ts';

/** What every wire is made with, besides its own settings. */
export interface WireServices {
  readonly engine: Engine;
  readonly sources: Sources;
  /** Pictures that requests may name instead of sending them again; one store for all listeners, and none when absent. */
  readonly pictures?: KeptPictures;
  /** Pictures of one request, on wires that take several; 16 when absent. */
  readonly imagesPerRequestMax?: number;
  /** Of segserve. */
  readonly version: string;
}

/**
 * One protocol: everything that a listener must know to speak it. A wire translates between its bytes and the engine's one
 * door; it opens no socket. One wire may speak several of the forms below on the same port, told apart by first bytes.
 */
export interface Wire {
  /** As in the configuration: `native`, `mortred`, `oip` … */
  readonly name: string;
  readonly http?: HttpWire;
  readonly grpc?: readonly GrpcService[];
  readonly framed?: FramedWire;
}

export interface HttpWire {
  /** Its routes; the body reaches a handler as one Buffer in `request.body`, undefined when there was none. */
  readonly routes: FastifyPluginAsync;
  /**
   * How whatever was thrown, Fault or not, is written: by handlers, and (of the first wire of a port) for unknown
   * addresses, wrong methods and bytes that are no HTTP.
   */
  readonly answerFault: AnswerFault;
  /** Replies carry only the headers that the wire sets, Content-Length and Connection; no compression, no Date. */
  readonly bare?: boolean;
  /** Whether its own protocol lets pages of this origin call it, beside those that the listener lets in; none when absent. */
  readonly isOpenTo?: (origin: string) => boolean;
  /** GET requests of this wire may carry a body. */
  readonly bodyOnGet?: boolean;
}

/** A fault as bytes. */
export interface FaultReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | string;
}

/** What is known of a request that failed; method and url are missing when the bytes were no HTTP. */
export interface FailedRequest {
  readonly id: string;
  readonly method?: string;
  /** Path and query as sent. */
  readonly url?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** `address:port` that the client called. */
  readonly local?: string;
}

export type AnswerFault = (error: unknown, request: FailedRequest) => FaultReply;

/** What a gRPC method knows of its call. */
export interface GrpcCall {
  /** Aborted when the caller leaves or its deadline passes. */
  readonly signal: AbortSignal;
  /** What is left of the caller's deadline; undefined: none. */
  readonly deadlineMs: number | undefined;
  /** First value of a metadata key, lower case. */
  metadata(key: string): string | undefined;
  readonly requestId: string;
}

/** Messages are bytes here: each wire knows its own protobuf. A handler throws `GrpcError`; anything else is INTERNAL. */
export type GrpcMethod =
  | { readonly kind: 'unary'; readonly handle: (message: Uint8Array, call: GrpcCall) => Promise<Uint8Array> }
  | {
      readonly kind: 'stream';
      readonly handle: (messages: AsyncIterable<Uint8Array>, call: GrpcCall) => AsyncIterable<Uint8Array>;
    };

export interface GrpcService {
  /** Full name: `inference.GRPCInferenceService`. */
  readonly name: string;
  readonly methods: Readonly<Record<string, GrpcMethod>>;
}

/** https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
export const grpcStatus = {
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  outOfRange: 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;
export type GrpcStatus = (typeof grpcStatus)[keyof typeof grpcStatus];

/** A status that the caller is to see; the message is shown to it as it is. */
export class GrpcError extends Error {
  readonly status: GrpcStatus;
  constructor(status: GrpcStatus, message: string) {
    super(message);
    this.name = 'GrpcError';
    this.status = status;
  }
}

/** A protocol of its own on the same port, known by how its connections begin. */
export interface FramedWire {
  /** The first bytes of every connection: `PRPC`. */
  readonly magic: string;
  /** Bytes of the header that says how long the whole frame is, header included. */
  readonly headerBytes: number;
  /** Throws Fault when the header is none, or the frame longer than the limit; the connection is then ended. */
  frameBytes(header: Uint8Array, frameBytesMax: number): number;
  /** Answers one whole frame; undefined: no answer. Frames of one connection may be answered out of order. */
  handle(frame: Uint8Array, signal: AbortSignal): Promise<Uint8Array | undefined>;
}
