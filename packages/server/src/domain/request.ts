import type {
  AnswerFormat,
  AnswerKind,
  BackgroundFit,
  CocoMask,
  Coordinates,
  Flips,
  MapDepth,
  Prompts,
  RefineMethod,
  StageTiming,
  Timings,
  UncertaintyMeasure,
} from '@segserve/contract';
import type { Region, Size } from './geometry.ts';
import type { EmbeddingUse } from './promptPlan.ts';
import type { TileWish } from './tiling.ts';

/** One answer that a request asks for, as the caller wrote it. */
export interface AnswerRequest {
  readonly kind: AnswerKind;
  /** The answer's default format when absent. */
  readonly format?: AnswerFormat;
  /** 1…100, for lossy formats. */
  readonly quality?: number;
  /** overlay, svg: weight of the class colours, 0…1. */
  readonly opacity?: number;
  /** Mattes and outlines: class names or indices that count as foreground. */
  readonly classes?: readonly (string | number)[];
  /** cutout, composite: take the old background's colour out of half-transparent pixels; false when absent. */
  readonly decontaminate?: boolean;
  /** composite: `#rrggbb`, `#rrggbbaa`, `transparent`, `blur` or `image` (the request's own); white when absent. */
  readonly background?: string;
  /** composite on `image`: how it fills the picture's frame; `cover` when absent. */
  readonly backgroundFit?: BackgroundFit;
  /** composite on `blur`: standard deviation ÷ the longer side, 0…0.25; 0.02 when absent. */
  readonly blur?: number;
  /** trimap: pixels this near to an edge are unknown; a hundredth of the longer side when absent. */
  readonly band?: number;
  /** polygons, geojson, coco, yolo, svg: how far outlines may leave the border, in pixels; 1 when absent. */
  readonly tolerance?: number;
  /** Answers that show a mask: smaller regions become what is around them, in pixels; 0 when absent. */
  readonly minArea?: number;
  /** Answers that show a mask: holes up to this size are filled, in pixels; 0 when absent. */
  readonly fillHoles?: number;
  /** Answers that show a mask: classes that are one class. */
  readonly merge?: readonly MergeRule[];
  /** coco: `polygon` when absent. */
  readonly cocoMask?: CocoMask;
  /** uncertainty: `margin` when absent. */
  readonly measure?: UncertaintyMeasure;
  /** scores, uncertainty as PNG: bits of a pixel; 8 when absent. */
  readonly depth?: MapDepth;
  /** topk: how many of the best classes, 1…1000; 5 when absent. */
  readonly topK?: number;
  /** color, overlay: colours by class index instead of the model's own; black beyond the list. */
  readonly colors?: readonly (readonly [red: number, green: number, blue: number])[];
  /** color: three 8-bit channels instead of an indexed picture, for readers that know no palettes. */
  readonly trueColor?: boolean;
  /** alpha, cutout, composite: opacity (0…255) that becomes 0, and that becomes 255; linear in between. */
  readonly levels?: { readonly from: number; readonly to: number };
  /** cutout: what is transparent keeps its colours, which costs bytes and time; false when absent. */
  readonly keepColors?: boolean;
  /** geojson: `source`: the coordinates of the GeoTIFF that came in; `pixel` when absent. */
  readonly coordinates?: Coordinates;
}

/** Classes, by name or index, that become one with a name of its own. */
export interface MergeRule {
  readonly classes: readonly (string | number)[];
  readonly label: string;
}

/** The same by index; `into` is one of them, and keeps its colour. */
export interface MergePlan {
  readonly classes: readonly number[];
  readonly into: number;
  readonly label: string;
}

/** How the mask itself is made; the same for every answer of a request: one picture, one set of options, one mask. */
export interface MaskPlan {
  /** Matting models: whether edges follow the photo. */
  readonly refine: RefineMethod;
  /** What every answer is made at: a size, or `model`, the network's own output; the photo's own when absent. */
  readonly size?: Size | 'model';
  /** Instance models: those with a lower score are left out, 0…1; the manifest's when absent. */
  readonly scoreThreshold?: number;
  /** Instance models: at most so many, the highest scores first; the manifest's when absent. */
  readonly maxInstances?: number;
  /** Whether the picture is segmented in tiles; as the manifest says when absent. */
  readonly tile?: TileWish;
  /** Mirror images whose probabilities are averaged; none when absent. */
  readonly flips?: Flips;
  /** Sizes of the model's input, 1 being the usual, whose probabilities are averaged. */
  readonly scales?: readonly number[];
  /** The part that was asked for stands in its place in the whole picture, the rest is background. */
  readonly inPlace?: true;
}

/** Pictures that a request brings beside its own: encoded, decoded, or what else is known of them. */
export interface Extras<Picture> {
  /** Matting models with `input.trimap`: black background, white foreground, grey unknown; the picture's aspect ratio. */
  readonly trimap?: Picture;
  /** composite on `image`: what stands behind the foreground. */
  readonly background?: Picture;
}

/** What every wire turns its request into. */
export interface SegmentRequest {
  /** `name`, `name:version` or `name:latest`. */
  readonly model: string;
  /** The picture as it came, encoded. */
  readonly image: Uint8Array;
  /** At least one; one inference serves them all. */
  readonly answers: readonly AnswerRequest[];
  /** Opacity from which a pixel is foreground in class maps, or above which it is part of its instance, 0…1; the manifest's when absent. */
  readonly threshold?: number;
  /** Matting models: `guided` lets the edges of every answer follow the photo; `none` when absent. */
  readonly refine?: RefineMethod;
  /**
   * Width and height of every picture answer, whatever the aspect ratio: classes by nearest, opacity as the model's
   * manifest says. `model`: the size of the network's own output, without what a letterbox added. The photo's own when absent.
   */
  readonly size?: Size | 'model';
  /** Instance models: those with a lower score are left out, 0…1; the manifest's when absent. */
  readonly scoreThreshold?: number;
  /** Instance models: at most so many, the highest scores first, 1…65,535; the manifest's when absent. */
  readonly maxInstances?: number;
  /** `auto`: in tiles of the model's input size; a size: in tiles of so many pixels; `off`: whole. As the manifest says when absent. */
  readonly tile?: TileWish;
  /** Average the probabilities of mirror images too: twice the inference, or with `both` four times. */
  readonly flips?: Flips;
  /** Average the probabilities at these multiples of the model's input size, ¼…4; at most 5. */
  readonly scales?: readonly number[];
  /** Only this part of the upright picture is looked at, as if the rest had been cut off. */
  readonly region?: Region;
  /** false: answers have the whole picture's size, and the rest of it is background; true when absent. */
  readonly regionOnly?: boolean;
  /** Promptable models: what to segment. */
  readonly prompts?: Prompts;
  /** Pictures beside the one that is segmented. */
  readonly extras?: Extras<Uint8Array>;
  /** From acceptance to the finished answer; the configured default when absent. */
  readonly deadlineMs?: number;
  /** Aborted when the caller leaves; frees the place in queue and batch. */
  readonly signal?: AbortSignal;
  readonly requestId?: string;
}

/** One finished answer. */
export interface Answer {
  readonly kind: AnswerKind;
  readonly format: AnswerFormat;
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

export interface SegmentResult {
  /** `name:version` */
  readonly model: string;
  /** In pixels; every picture answer has this size: the request's `size`, and without one the upright picture's. */
  readonly width: number;
  readonly height: number;
  /** In the order of the request. */
  readonly answers: readonly Answer[];
  readonly timings: Timings;
  /** Chains: what each stage has cost, in their order. */
  readonly stages?: readonly StageTiming[];
  /** How many pictures shared the inference. */
  readonly batchSize: number;
  /** Promptable models: whether the encoder had to run for this request. */
  readonly embedding?: EmbeddingUse;
}

/** An answer with nothing left to look up: what a worker is told. */
export interface AnswerPlan {
  readonly kind: AnswerKind;
  readonly format: AnswerFormat;
  readonly quality: number | undefined;
  readonly opacity: number;
  /** Class indices that count as foreground, ascending; undefined: the model's own alpha. */
  readonly foreground: readonly number[] | undefined;
  /** cutout, composite: whether half-transparent pixels lose the old background's colour. */
  readonly decontaminate: boolean;
  /** composite: what stands behind the foreground. */
  readonly background: Background;
  /** trimap: half the width of the unknown band in pixels; undefined: by the picture's size. */
  readonly bandPixels: number | undefined;
  /** Answers made of outlines: how far they may leave the border, in pixels. */
  readonly tolerance: number;
  /** Smaller regions become what is around them, in pixels. */
  readonly minArea: number;
  /** Holes up to this size are filled, in pixels. */
  readonly fillHoles: number;
  readonly merge: readonly MergePlan[];
  readonly cocoMask: CocoMask;
  readonly measure: UncertaintyMeasure;
  /** scores, uncertainty as PNG: bits of a pixel. */
  readonly depth: MapDepth;
  /** topk: how many of the best classes. */
  readonly topK: number;
  /** color, overlay: R, G, B by class index in place of the model's palette. */
  readonly colors: Uint8Array | undefined;
  /** color: three channels instead of an indexed picture. */
  readonly trueColor: boolean;
  /** alpha, cutout, composite: opacity that becomes 0, and that becomes 255. */
  readonly levels: { readonly from: number; readonly to: number } | undefined;
  /** cutout: whether colours under alpha 0 stay. */
  readonly keepColors: boolean;
  /** geojson: what its numbers count; pixels when absent. */
  readonly coordinates?: Coordinates;
}

/** What a composite puts behind the foreground. `sigma`: standard deviation of the blur ÷ the longer side. */
export type Background =
  | { readonly kind: 'color'; readonly rgb: readonly [red: number, green: number, blue: number] }
  /** A colour that lets through what the picture is laid on; `opacity` 1…254. */
  | {
      readonly kind: 'veil';
      readonly rgb: readonly [red: number, green: number, blue: number];
      readonly opacity: number;
    }
  | { readonly kind: 'transparent' }
  | { readonly kind: 'blur'; readonly sigma: number }
  /** The picture that the request brought for it. */
  | { readonly kind: 'image'; readonly fit: BackgroundFit };
