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
  /** Which answers; cutout (matting models), color (semantic models) or topk (classification models) when absent. */
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
  /** composite: `#rrggbb`, `#rrggbbaa`, `transparent` or `blur`; white when absent. */
  readonly background?: string;
  /** composite on `blur`: standard deviation ÷ the longer side, 0…0.25; 0.02 when absent. */
  readonly blur?: number;
  /** trimap: pixels this near to an edge are unknown; a hundredth of the longer side when absent. */
  readonly band?: number;
  /** polygons, geojson, coco, yolo, svg: how far outlines may leave the border, in pixels; 1 when absent. */
  readonly tolerance?: number;
  /** Answers made of regions: smaller ones are left out, in pixels; 0 when absent. */
  readonly minArea?: number;
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
    async segment(image, { answer, signal, threshold, refine, size, deadlineMs, ...how } = {}) {
      const kinds = answer ?? (model.task === 'tensor' ? [] : [usualAnswer[model.task]]);
      return engine.segment({
        model: spec.ref,
        image: image instanceof Uint8Array ? image : await readFile(image),
        answers: kinds.map((kind) => ({ kind, ...how })),
        ...(threshold === undefined ? {} : { threshold }),
        ...(refine === undefined ? {} : { refine }),
        ...(size === undefined ? {} : { size }),
        ...(deadlineMs === undefined ? {} : { deadlineMs }),
        ...(signal === undefined ? {} : { signal }),
      });
    },
    close: () => engine.close(),
    [Symbol.asyncDispose]: () => engine.close(),
  };
}

async function openEngineFor(options: Parameters<typeof openInProcess>[0], workers: number): Promise<Engine> {
  if (workers === 0) return openInProcess(options);
  const { engine, ready } = openPool({ ...options, workers, workerBytesMax: 'auto' });
  await ready;
  return engine;
}
