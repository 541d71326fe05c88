import {
  type AnswerKind,
  answerKinds,
  type ChainManifest,
  type InstanceManifest,
  type PackageManifest,
  type PanopticManifest,
  type PictureManifest,
  type PromptableManifest,
  pictureTasks,
  type TensorManifest,
  type TrimapInput,
} from '@segserve/contract';
import { isChain } from './chainSpec.ts';
import { Fault } from './fault.ts';
import type { ModelSignature } from './tensor.ts';

/** A model package after checking: its manifest, where its graph lies, and its labels and palette in full. */
export interface ModelSpec<Manifest extends PackageManifest = PackageManifest> {
  /** `name:version` */
  readonly ref: string;
  readonly manifest: Manifest;
  /** Absolute path of the package folder. */
  readonly folder: string;
  /** Class names by index. Matting models: background, foreground. */
  readonly labels: readonly string[];
  /** Class colours, R, G, B for each label. */
  readonly palette: Uint8Array;
  /** Instance models: the last label is the background, which the model itself does not count. */
  readonly backgroundAdded?: true;
  /** Panoptic models: the classes that are counted one by one, ascending; of every other there is one segment. */
  readonly things?: readonly number[];
}

/** A package that has a graph of its own, as all but chains do. */
export type GraphSpec = ModelSpec<Exclude<PackageManifest, ChainManifest>>;
/** A model that takes pictures. */
export type PictureSpec = ModelSpec<PictureManifest>;
/** A model that finds things one by one; its class map shows the `background` where there is none. */
export type InstanceSpec = ModelSpec<InstanceManifest>;
/** A model that gives every pixel to a thing or to stuff; its class map shows the `background` where there is neither. */
export type PanopticSpec = ModelSpec<PanopticManifest>;
/** A model that is told what to segment. Its labels are background and object. */
export type PromptableSpec = ModelSpec<PromptableManifest>;
/** A graph that is served as it is, for callers that bring tensors. */
export type TensorModelSpec = ModelSpec<TensorManifest>;

export function takesPictures(spec: ModelSpec): spec is PictureSpec {
  return (pictureTasks as readonly string[]).includes(spec.manifest.task);
}

export function hasGraph(spec: ModelSpec): spec is GraphSpec {
  return spec.manifest.task !== 'chain';
}

/** A model that takes pictures and prompts. */
export function isPromptable(spec: ModelSpec): spec is PromptableSpec {
  return spec.manifest.task === 'promptable';
}

/** A model whose answer is a list of things, or of things and stuff. */
export function findsInstances(spec: ModelSpec): spec is InstanceSpec | PanopticSpec {
  return spec.manifest.task === 'instance' || spec.manifest.task === 'panoptic';
}

/** How the model takes a trimap; undefined: it takes none. */
export function trimapOf({ input }: PictureManifest): TrimapInput | undefined {
  return input.trimap;
}

/** What a model without pictures answers to a picture. */
export function noPictures(ref: string): Fault {
  const message = `${ref} takes no pictures (task: tensor): send it raw tensors, by a wire that carries them.`;
  return new Fault('unknown_answer', message, { expected: 'raw tensors', received: 'a picture' });
}

/** The graph that a session is made from, and what stands around it. */
export interface PreparedGraph {
  readonly bytes: Uint8Array;
  /**
   * `fused`: uint8 pixels in, final labels, alpha and score out. `front`: uint8 pixels in, the model's own scores out.
   * `plain`: the model's own tensors.
   */
  readonly form: 'fused' | 'front' | 'plain';
  readonly inputName: string;
  /** The input that takes the trimap, where that is one of its own; otherwise it is channels of the picture's input. */
  readonly trimapName?: string;
  /** Names of what it gives, in order. `fused`: labels, alpha, score. `plain`: the score tensor. */
  readonly outputNames: readonly string[];
  /** Pictures per run: a number where the graph fixes it, undefined where it is free. */
  readonly batchSize: number | undefined;
  /** What was fused, or why not, in a sentence. */
  readonly note: string;
  /** Of the graph as it was exported, whatever has been fused into it since. */
  readonly signature: ModelSignature;
}

/**
 * `answer`: labels or alpha alone. `score`: with the winning class's probability beside it, for statistics; made only
 * when first asked for, since it costs a pass over all scores. `scores`: pixels in, the model's own scores of all classes
 * out. `exported`: the graph as it is in the file, for raw tensors. `decoder`: a promptable model's second graph, as it is in the file.
 */
export type GraphVariant = 'answer' | 'score' | 'scores' | 'exported' | 'decoder';

/** A model whose classes are ready has no scores left, and one that finds instances has none for each pixel. */
function givesScores(manifest: PictureManifest): boolean {
  return manifest.task !== 'instance' && manifest.task !== 'panoptic' && manifest.output.kind !== 'labels';
}

/**
 * A model of pixels can give every answer about pixels: a matting model's class map is its thresholded alpha, an instance
 * model's shows the highest score on top. Only the latter has `instances`, as a panoptic model has, which alone has `panoptic`. One of whole pictures gives classes; one that takes no pictures gives none of them.
 */
export function answersOf(spec: ModelSpec): readonly AnswerKind[] {
  const { manifest } = isChain(spec) ? spec.look : spec;
  if (manifest.task === 'chain') return [];
  if (manifest.task === 'tensor') return [];
  if (manifest.task === 'classification') return ['topk'];
  if (manifest.task === 'promptable') return answerKinds.filter((kind) => kind !== 'topk' && kind !== 'panoptic');
  const never: readonly AnswerKind[] = [
    'topk',
    ...(manifest.task === 'instance' || manifest.task === 'panoptic' ? [] : (['instances'] as const)),
    ...(manifest.task === 'panoptic' ? [] : (['panoptic'] as const)),
    ...(givesScores(manifest) ? [] : (['scores', 'uncertainty'] as const)),
  ];
  return answerKinds.filter((kind) => !never.includes(kind));
}
