/**
 * segserve as a library: the engine of the server in the caller's own process, without a socket.
 *
 *     import { open } from 'segserve';
 *
 *     await using segserve = await open();
 *     const { answers } = await segserve.segment(photoBytes, { answer: ['cutout'] });
 *     await writeFile('cutout.png', answers[0].bytes);
 */
import { readFile } from 'node:fs/promises';
import type { AnswerFormat, AnswerKind, CocoMask, ModelDetail, RefineMethod } from '@segserve/contract';
import { checkPrompts, type PromptsSource } from './domain/checkPrompts.ts';
import type { Engine } from './domain/engineDoor.ts';
import { Fault } from './domain/fault.ts';
import { defaultLimits, type Limits } from './domain/limits.ts';
import type { AnswerRequest, SegmentRequest, SegmentResult } from './domain/request.ts';
import { usualAnswer } from './domain/usualAnswer.ts';
import { openInProcess } from './engine/inProcess.ts';
import { openPool } from './engine/pool.ts';
import { builtInModels, findModels, resolveModel } from './models/repository.ts';

export type { Coco, Geojson, Labelstudio, ModelDetail, Polygons, Stats } from '@segserve/contract';
export { type AnswerFormat, type AnswerKind, answerFacts, type FaultCode, faultCodes } from '@segserve/contract';
export type { PromptsSource as Prompts } from './domain/checkPrompts.ts';
export type { Limits } from './domain/limits.ts';
export type { Answer, SegmentResult } from './domain/request.ts';
export { Fault };

export interface OpenOptions {
  /** The model that is loaded and answers: `name` or `name:version`; the built-in `portrait` when absent. */
  readonly model?: string;
  /** Folders with model packages, besides the built-in ones. */
  readonly folders?: readonly string[];
  /** Threads of the inference, of each worker; all cores when absent. */
  readonly threads?: number;
  /** Worker processes; 0, the default: everything in this process. */
  readonly workers?: number;
  readonly limits?: Partial<Limits>;
}

export interface SegmentOptions {
  /** Which answers; cutout (matting models), color (semantic models), overlay (instance models) or topk (classification models) when absent. */
  readonly answer?: readonly AnswerKind[];
  /** Encoding of picture answers; each answer has a default. */
  readonly format?: AnswerFormat;
  /** 1…100, for lossy formats. */
  readonly quality?: number;
  /** overlay, svg: weight of the class colours, 0…1. */
  readonly opacity?: number;
  /** Mattes and outlines: class names or indices that count as foreground. */
  readonly classes?: readonly (string | number)[];
  /** Opacity from which a pixel is foreground in class maps, 0…1. */
  readonly threshold?: number;
  /** Matting models: `guided` lets the edges of every answer follow the photo; `none` when absent. */
  readonly refine?: RefineMethod;
  /** cutout, composite: take the old background's colour out of half-transparent pixels; false when absent. */
  readonly decontaminate?: boolean;
  /** composite: `#rrggbb`, `#rrggbbaa`, `transparent`, `blur` or `image`; `image` where there is a `backgroundImage`, else white when absent. */
  readonly background?: string;
  /** composite on `image`: encoded bytes, or the path of a file. */
  readonly backgroundImage?: Uint8Array | string | URL;
  /** composite on `image`: how it fills the frame; `cover` when absent. */
  readonly backgroundFit?: NonNullable<AnswerRequest['backgroundFit']>;
  /** Matting models that need one: black background, white foreground, grey unknown; encoded bytes, or the path of a file. */
  readonly trimap?: Uint8Array | string | URL;
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
  /** Answers that show a mask: classes that become one, under a name of its own. */
  readonly merge?: NonNullable<AnswerRequest['merge']>;
  /** uncertainty: `margin` when absent. */
  readonly measure?: NonNullable<AnswerRequest['measure']>;
  /** scores, uncertainty as PNG: bits of a pixel; 8 when absent. */
  readonly depth?: NonNullable<AnswerRequest['depth']>;
  /** Instance models: those with a lower score are left out, 0…1. */
  readonly scoreThreshold?: number;
  /** Instance models: at most so many, the highest scores first. */
  readonly maxInstances?: number;
  /** coco: `polygon` when absent. */
  readonly cocoMask?: CocoMask;
  /** topk: how many of the best classes; 5 when absent. */
  readonly topK?: number;
  /** color, overlay: colours by class index instead of the model's own; black beyond the list. */
  readonly colors?: NonNullable<AnswerRequest['colors']>;
  /** color: three 8-bit channels instead of an indexed picture. */
  readonly trueColor?: boolean;
  /** alpha, cutout, composite: opacity (0…255) that becomes 0, and that becomes 255; linear in between. */
  readonly levels?: NonNullable<AnswerRequest['levels']>;
  /** cutout: what is transparent keeps its colours, which costs bytes and time; false when absent. */
  readonly keepColors?: boolean;
  /** Of every answer, whatever the photo's aspect ratio; `model`: the network's own output. The photo's own when absent. */
  readonly size?: NonNullable<SegmentRequest['size']>;
  /** `auto`: in overlapping tiles of the model's input size; a size: of so many pixels; `off`: whole. As the manifest says when absent. */
  readonly tile?: NonNullable<SegmentRequest['tile']>;
  /** Average the probabilities of mirror images too. */
  readonly flips?: NonNullable<SegmentRequest['flips']>;
  /** Average the probabilities at these multiples of the model's input size. */
  readonly scales?: NonNullable<SegmentRequest['scales']>;
  /** Only this part of the upright picture is looked at. */
  readonly region?: NonNullable<SegmentRequest['region']>;
  /** false: answers show the whole picture, the rest of it background; true when absent. */
  readonly regionOnly?: boolean;
  /** geojson: `source`: the coordinates of the GeoTIFF that came in; `pixel` when absent. */
  readonly coordinates?: NonNullable<AnswerRequest['coordinates']>;
  /**
   * Promptable models: what to segment, in pixels of the upright picture. `{ points: [{ x: 120, y: 80 }] }`: the thing there
   * (`label: 0`: a place that is not of it); `{ boxes: [{ x0, y0, x1, y1 }] }`: the thing in each; `{ everything: true }`.
   */
  readonly prompts?: PromptsSource;
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}

export interface Segserve extends AsyncDisposable {
  readonly model: ModelDetail;
  /** `image`: encoded bytes, or the path of a file. Rejects with a Fault. */
  segment(image: Uint8Array | string | URL, options?: SegmentOptions): Promise<SegmentResult>;
  /** Finishes what was accepted, then frees the model. */
  close(): Promise<void>;
}

/** Loads one model and keeps it until `close`. Rejects with a Fault when it is unknown or cannot be loaded. */
export async function open(options: OpenOptions = {}): Promise<Segserve> {
  const known = await findModels([builtInModels(), ...(options.folders ?? [])]);
  const spec = resolveModel(known, options.model ?? 'portrait');
  const limits = { ...defaultLimits, ...options.limits };
  const engine = await openEngineFor(
    { models: [spec], limits, threads: options.threads ?? 'auto' },
    options.workers ?? 0,
  );
  const model = engine.model(spec.ref);
  if (model.error !== null) {
    await engine.close();
    throw new Fault('model_invalid', model.error);
  }
  return {
    get model() {
      return engine.model(spec.ref);
    },
    async segment(image, options = {}) {
      const {
        answer,
        signal,
        threshold,
        scoreThreshold,
        maxInstances,
        refine,
        size,
        deadlineMs,
        tile,
        flips,
        scales,
        region,
        regionOnly,
        trimap,
        backgroundImage,
        prompts,
        ...how
      } = options;
      const kinds = answer ?? (model.task === 'tensor' ? [] : [usualAnswer[model.task]]);
      return engine.segment({
        model: spec.ref,
        image: await bytesOf(image),
        answers: kinds.map((kind) => ({ kind, ...how })),
        ...(threshold === undefined ? {} : { threshold }),
        ...(scoreThreshold === undefined ? {} : { scoreThreshold }),
        ...(maxInstances === undefined ? {} : { maxInstances }),
        ...(refine === undefined ? {} : { refine }),
        ...(size === undefined ? {} : { size }),
        ...(tile === undefined ? {} : { tile }),
        ...(flips === undefined ? {} : { flips }),
        ...(scales === undefined ? {} : { scales }),
        ...(region === undefined ? {} : { region }),
        ...(regionOnly === undefined ? {} : { regionOnly }),
        ...(prompts === undefined ? {} : { prompts: checkPrompts(prompts) }),
        ...(deadlineMs === undefined ? {} : { deadlineMs }),
        ...(signal === undefined ? {} : { signal }),
        extras: {
          ...(trimap === undefined ? {} : { trimap: await bytesOf(trimap) }),
          ...(backgroundImage === undefined ? {} : { background: await bytesOf(backgroundImage) }),
        },
      });
    },
    close: () => engine.close(),
    [Symbol.asyncDispose]: () => engine.close(),
  };
}

async function bytesOf(picture: Uint8Array | string | URL): Promise<Uint8Array> {
  return picture instanceof Uint8Array ? picture : readFile(picture);
}

async function openEngineFor(options: Parameters<typeof openInProcess>[0], workers: number): Promise<Engine> {
  if (workers === 0) return openInProcess(options);
  const { engine, ready } = openPool({ ...options, workers, workerBytesMax: 'auto' });
  await ready;
  return engine;
}
