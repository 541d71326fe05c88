/** Every bound of the engine in one place; `ticketsMax` is their sum. */
export interface Limits {
  /** Encoded bytes of one picture. */
  readonly imageBytesMax: number;
  /** Pixels of one decoded picture. */
  readonly imagePixelsMax: number;
  /** Pixels of a picture that is segmented in tiles: it is decoded and answered in bands of rows. */
  readonly tiledPixelsMax: number;
  /** Bytes of the scores that blending tiles holds at once, and of the answers made row by row. */
  readonly tiledBytesMax: number;
  /** Longest side of one picture; 65,535 is also the most a JPEG can say. */
  readonly imageSideMax: number;
  /** Pictures of one request of the native API, each of which counts against all other limits. */
  readonly imagesPerRequestMax: number;
  /** Decoded pixels of all tickets that workers hold at once. */
  readonly pixelsInFlightMax: number;
  /** Tickets that wait for a worker. */
  readonly queueTicketsMax: number;
  /** Bytes of all raw tensors of one request, and of all that its reply holds. */
  readonly tensorBytesMax: number;
  /** Bytes of all tickets that wait: encoded pictures and raw tensors. */
  readonly queueBytesMax: number;
  /** Encoded pictures of requests with prompts, kept so that the next request need not send them again; 0: none. */
  readonly keptPictureBytesMax: number;
  /** What one worker keeps of pictures that promptable models have seen. */
  readonly embeddingBytesMax: number;
  /** Batches inside one worker: one infers while the next decodes. */
  readonly batchesInFlightMax: number;
  /** Time from acceptance to answer when the request names none. */
  readonly deadlineMsDefault: number;
  readonly deadlineMsMax: number;
}

export const defaultLimits: Limits = {
  imageBytesMax: 32 * 1024 * 1024,
  imagePixelsMax: 50_000_000,
  tiledPixelsMax: 1_000_000_000,
  tiledBytesMax: 512 * 1024 * 1024,
  imageSideMax: 65_535,
  imagesPerRequestMax: 16,
  pixelsInFlightMax: 200_000_000,
  queueTicketsMax: 128,
  tensorBytesMax: 256 * 1024 * 1024,
  queueBytesMax: 512 * 1024 * 1024,
  keptPictureBytesMax: 64 * 1024 * 1024,
  embeddingBytesMax: 128 * 1024 * 1024,
  batchesInFlightMax: 2,
  deadlineMsDefault: 30_000,
  deadlineMsMax: 600_000,
};

/** Tickets in the house ≤ workers × batches in flight × batch size + queue. */
export function ticketsMax(limits: Limits, workers: number, batchSize: number): number {
  return workers * limits.batchesInFlightMax * batchSize + limits.queueTicketsMax;
}
