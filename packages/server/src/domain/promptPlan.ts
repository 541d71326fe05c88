import type { BoxPrompt, PointPrompt } from '@segserve/contract';
import type { EncodedPicture } from './image.ts';

/** What shows one thing, in pixels of the part of the picture that is looked at. */
export interface ThingPrompt {
  readonly points: readonly PointPrompt[];
  readonly box?: BoxPrompt;
}

/** A grid of points, and which of the masks they give are kept. */
export interface EverythingPlan {
  /** By the model's execution provider when absent. */
  readonly pointsPerSide?: number;
  readonly predIouThreshold: number;
  readonly stabilityThreshold: number;
  readonly nmsThreshold: number;
  /** In pixels of the answer. */
  readonly minArea: number;
}

/** Prompts with nothing left to check or to look up: what a worker is told. */
export interface PromptPlan {
  /** SHA-256 of the encoded picture: what its embedding is kept under. */
  readonly digest: string;
  /** One for each thing; empty where everything is asked for. */
  readonly things: readonly ThingPrompt[];
  /** The mask to start from, of the whole picture's size. */
  readonly start?: EncodedPicture;
  /** Earlier steps of the one thing, oldest first. */
  readonly previous: readonly ThingPrompt[];
  /** All candidates, not the best alone. */
  readonly multimask: boolean;
  readonly everything?: EverythingPlan;
  /** Instances with a lower predicted IoU are left out. */
  readonly scoreThreshold: number;
  /** At most so many, the highest scores first. */
  readonly maxInstances: number;
}

/** How a worker came by the embedding, and how its cache stands since. */
export interface EmbeddingUse {
  /** `hit`: the encoder did not run for this request. */
  readonly outcome: 'hit' | 'miss';
  readonly entries: number;
  readonly bytes: number;
  /** Embeddings that made room for others since the worker began. */
  readonly evictions: number;
}
