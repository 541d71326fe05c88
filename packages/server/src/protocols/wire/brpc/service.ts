/** A message of a service, in one of the two encodings that brpc takes over HTTP. */
export type MessageForm = 'json' | 'protobuf';

export interface BrpcCall {
  readonly method: string;
  readonly form: MessageForm;
  /** Plain, without compression. */
  readonly body: Uint8Array;
  readonly signal: AbortSignal;
  readonly requestId: string;
  readonly deadlineMs: number | undefined;
}

/** A service as brpc has them: called by HTTP, by gRPC and by `baidu_std` frames, always with the same messages. */
export interface BrpcService {
  /** `ImageSegService` */
  readonly name: string;
  /** `baidu.paddle_serving.image_segmentation` */
  readonly package: string;
  readonly methods: readonly string[];
  /** Full name of the request message. */
  readonly requestType: string;
  /** An empty body is no message, since some field must be there. */
  readonly needsBody: boolean;
  /** Replies are compressed where the caller can read that. */
  readonly compresses: boolean;
  /** Bytes of one message, compressed or not. */
  readonly bytesMax: number;
  /**
   * The reply, in the form of the call. Throws UnreadableMessage where the body is no such message; BrpcFailure or Fault
   * otherwise.
   */
  answer(call: BrpcCall): Promise<Buffer>;
}

export function fullNameOf(service: BrpcService): string {
  return `${service.package}.${service.name}`;
}
