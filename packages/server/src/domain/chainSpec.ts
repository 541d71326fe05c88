import type { ChainManifest, PackageManifest, StageKind, StageOf, Task } from '@segserve/contract';
import { Fault } from './fault.ts';
import type { ModelSpec, PictureSpec } from './modelSpec.ts';

/** What of an earlier stage counts: these class indices; undefined: all but the background. */
export interface ChainForeground {
  readonly of: string;
  readonly classes: readonly number[] | undefined;
}

interface StageFrame {
  /** What it gives, as the spec of a model that would give the same. */
  readonly look: PictureSpec;
  /** Opacity from which a pixel of its model's answer is foreground, or above which it is part of its instance. */
  readonly threshold: number;
}

interface SeeingFrame extends StageFrame {
  /** What its model's trimap is made of. */
  readonly trimap?: ChainForeground & { readonly band: number };
}

/** A stage in which a model sees the picture or parts of it. */
export type SeeingStage =
  | (SeeingFrame & { readonly stage: StageOf<'model'>; readonly part: string })
  | (SeeingFrame & {
      readonly stage: StageOf<'crops'>;
      readonly part: string;
      readonly things: ChainForeground;
    })
  | (SeeingFrame & {
      readonly stage: StageOf<'route'>;
      /** `name:version` by class index of the stage that decides. */
      readonly cases: ReadonlyMap<number, string>;
      readonly otherwise: string;
    });

/** A stage whose models are found and whose classes are looked up. */
export type ChainStage =
  | SeeingStage
  | (StageFrame & {
      readonly stage: StageOf<'prompts'>;
      readonly part: string;
      readonly things: ChainForeground;
    })
  | (StageFrame & {
      readonly stage: StageOf<'panoptic'>;
      /** Class of the semantic stage by class of the stage of instances; others are nothing. */
      readonly classes: ReadonlyMap<number, number>;
    });

/** Packages that run one after the other, with all that is known of them. */
export interface ChainSpec extends ModelSpec<ChainManifest> {
  /** The packages that its stages name, each once. */
  readonly parts: readonly ModelSpec[];
  readonly stages: readonly ChainStage[];
  /** Its answers are those of a model like this: that of the stage that is answered, under the chain's own name. */
  readonly look: PictureSpec;
}

export type ChainStageOf<Kind extends StageKind> = Extract<ChainStage, { readonly stage: StageOf<Kind> }>;

/** Whether it is a chain whose parts have been found: see models/resolveChains.ts. */
export function isChain(spec: ModelSpec): spec is ChainSpec {
  return spec.manifest.task === 'chain' && 'look' in spec;
}

/** What it answers like: a chain does as the stage that is answered. */
export function taskOf(spec: ModelSpec<PackageManifest>): Task {
  if (isChain(spec)) return spec.look.manifest.task;
  const { task } = spec.manifest;
  return task === 'chain' ? 'tensor' : task; // nobody has looked for its parts: it answers nothing
}

/** Every package that must be open for this one to answer, itself not among them. */
export function partsBelow(spec: ModelSpec): readonly ModelSpec[] {
  if (!isChain(spec)) return [];
  const all = spec.parts.flatMap((part) => [part, ...partsBelow(part)]);
  return [...new Map(all.map((part) => [part.ref, part])).values()];
}

/** What a chain answers to raw tensors: they would have no stage to go to. */
export function noTensors(ref: string): Fault {
  return Fault.expected('invalid_request', `a picture (${ref} is a chain of packages)`, 'raw tensors');
}
