import type { AnswerKind } from '@segserve/contract';

/** Which 0.x line a bundle was saved with; the two differ in headers, escapes, metrics' names and time-outs. */
export const bentoVersions = ['0.9', '0.13'] as const;
export type BentoVersion = (typeof bentoVersions)[number];

export const inputAdapters = [
  'FileInput',
  'ImageInput',
  'MultiFileInput',
  'MultiImageInput',
  'JsonInput',
  'StrictJsonInput',
] as const;
export type InputAdapter = (typeof inputAdapters)[number];

/** What an API gives back; README.md has the table. */
export const payloads = ['classMap', 'reference', 'png', 'label', 'json', 'echo', 'shape', 'same'] as const;
export type Payload = (typeof payloads)[number];

/** One API of a bundle. Everything but the name has a default. */
export interface BentoApiSettings {
  readonly name: string;
  /** The name when absent; 0.13 alone lets it differ, with slashes too. */
  readonly route?: string | undefined;
  readonly input?: InputAdapter | undefined;
  /** MultiFileInput, MultiImageInput: names of the parts. */
  readonly inputNames?: readonly string[] | undefined;
  /** ImageInput, MultiImageInput: endings of file names, with the dot. */
  readonly acceptImageFormats?: readonly string[] | undefined;
  /** A name from `models`, or a segserve reference; `net` when absent. */
  readonly model?: string | undefined;
  /** `label` of a classification model and `classMap` of every other when absent. */
  readonly payload?: Payload | undefined;
  /** Which answer of the engine `png` (a picture) and `json` (numbers) hand on. */
  readonly answer?: AnswerKind | undefined;
  /** Opacity from which a matting model's pixel is class 1, 0…1; 0.5 when absent. */
  readonly threshold?: number | undefined;
  /** Whether micro-batching applies; true when absent. */
  readonly batch?: boolean | undefined;
  readonly mbMaxBatchSize?: number | undefined;
  readonly mbMaxLatencyMs?: number | undefined;
  /** `output_config.cors`: sent as Access-Control-Allow-Origin with every reply of this API. */
  readonly cors?: string | undefined;
  /**
   * `segserve run` alone: folder, from where it is run, for a picture of each input in the torch-hub palette under the
   * input's file name. The segmentation services of Flask-ML left theirs in `../assets/segmentingData`.
   */
  readonly picturesFolder?: string | undefined;
  /** For the OpenAPI document. */
  readonly docs?: string | undefined;
}

/** `bento_server.cors` of 0.13, for every address of the bundle. */
export interface BentoCorsSettings {
  readonly enabled: boolean;
  readonly allowOrigin?: string | undefined;
  readonly allowCredentials?: boolean | undefined;
  readonly allowMethods?: readonly string[] | undefined;
  readonly allowHeaders?: readonly string[] | undefined;
  readonly exposeHeaders?: readonly string[] | undefined;
  readonly maxAgeSeconds?: number | undefined;
}

/** One wire is one bundle. */
export interface BentomlSettings {
  readonly version?: BentoVersion | undefined;
  readonly service?: string | undefined;
  /** `YYYYMMDDHHMMSS_` and six hexadecimal digits in upper case. */
  readonly serviceVersion?: string | undefined;
  readonly description?: string | undefined;
  /** Names as the bundle has them (its artifacts) and the segserve models that stand for them. */
  readonly models?: Readonly<Record<string, string>> | undefined;
  readonly apis?: readonly BentoApiSettings[] | undefined;
  /** Off when absent in 0.9, on in 0.13. */
  readonly microbatch?: boolean | undefined;
  /** Instead of every API's own (0.13: --mb-max-batch-size, --mb-max-latency). */
  readonly mbMaxBatchSize?: number | undefined;
  readonly mbMaxLatencyMs?: number | undefined;
  readonly timeoutMs?: number | undefined;
  readonly requestBytesMax?: number | undefined;
  readonly enableMetrics?: boolean | undefined;
  readonly enableFeedback?: boolean | undefined;
  /** 0.13 alone can switch it off. */
  readonly enableSwagger?: boolean | undefined;
  readonly cors?: BentoCorsSettings | undefined;
}
