import type { Stats } from '@segserve/contract';
import { Fault } from '../../domain/fault.ts';
import type { Size } from '../../domain/geometry.ts';
import { regionKinds } from '../../domain/regionOptions.ts';
import type { AnswerPlan } from '../../domain/request.ts';
import { statsOf } from '../encode/stats.ts';
import type { Georeference } from '../geo/georeference.ts';
import { opacityOf } from '../postprocess/levels.ts';
import type { Scene } from '../scene.ts';
import { addStats } from './addStats.ts';
import type { KeptRunsByWish } from './keptRuns.ts';
import { OutlineRows } from './outlineRows.ts';
import { PngRows } from './pngRows.ts';
import { TiffRows } from './tiffRows.ts';

/** An answer that is made of scenes as wide as the picture, each some rows of it, from the top down. */
export interface RowAnswer {
  push(rows: Scene): Promise<void>;
  end(): Promise<Uint8Array>;
  /** Gives back what it holds, whether or not it has ended. */
  close(): void;
}

export interface RowAnswerOptions extends Size {
  readonly bytesMax: number;
  readonly geo: Georeference | undefined;
  /** What several answers made of outlines keep together. */
  readonly kept: KeptRunsByWish;
}

/** The answer that `plan` asks for; domain/rowAnswers.ts lists which there are. */
export function rowAnswer(plan: AnswerPlan, options: RowAnswerOptions): RowAnswer {
  if (plan.kind === 'stats') return new StatsRows(options);
  if (regionKinds.includes(plan.kind)) return new OutlineRows(plan, options);
  const valuesOf = planes[plan.kind];
  if (!valuesOf) throw new Fault('internal', `${plan.kind} is not made row by row.`);
  return new PictureRows(plan, options, valuesOf);
}

type Values = Uint8Array | Uint16Array;

const planes: Readonly<Partial<Record<AnswerPlan['kind'], (rows: Scene, plan: AnswerPlan) => Values>>> = {
  labels: classesOf,
  color: classesOf,
  alpha: (rows, plan) => opacityOf(rows, plan),
};

/** 16 bits only where the model has so many classes, so that all rows of a picture are of one kind. */
function classesOf({ labels, spec }: Scene): Values {
  const { data } = labels;
  if (spec.labels.length > 256) return data instanceof Uint16Array ? data : Uint16Array.from(data);
  return data instanceof Uint16Array ? new Uint8Array(data) : data;
}

class PictureRows implements RowAnswer {
  readonly #plan: AnswerPlan;
  readonly #options: RowAnswerOptions;
  readonly #valuesOf: (rows: Scene, plan: AnswerPlan) => Values;
  #file: PngRows | TiffRows | undefined;

  constructor(plan: AnswerPlan, options: RowAnswerOptions, valuesOf: (rows: Scene, plan: AnswerPlan) => Values) {
    this.#plan = plan;
    this.#options = options;
    this.#valuesOf = valuesOf;
  }

  async push(rows: Scene): Promise<void> {
    const values = this.#valuesOf(rows, this.#plan);
    this.#file ??= this.#open(values, rows);
    await this.#file.push(values);
  }

  async end(): Promise<Uint8Array> {
    return this.#file!.end();
  }

  close(): void {
    this.#file?.close();
  }

  #open(values: Values, { spec, alpha }: Scene): PngRows | TiffRows {
    const { width, height, bytesMax, geo } = this.#options;
    const { kind, format, colors, foreground } = this.#plan;
    const bits = values instanceof Uint16Array ? 16 : 8;
    if (kind === 'color' && bits === 16) {
      throw Fault.expected('invalid_request', 'labels for a model of more than 256 classes', 'color, a palette of 256');
    }
    const palette = kind === 'color' ? { palette: fullPalette(colors ?? spec.palette) } : {};
    const smooth = kind === 'alpha' && alpha !== undefined && foreground === undefined;
    const shared = { width, height, bits, bytesMax, smooth, ...palette } as const;
    if (format === 'tiff') return new TiffRows({ ...shared, ...(geo ? { fields: geo.fields } : {}) });
    return new PngRows(shared);
  }
}

/** Of all 256 values: which of them come is not known before the last row. Classes without a colour are black. */
export function fullPalette(palette: Uint8Array): Uint8Array {
  const full = new Uint8Array(768);
  full.set(palette.subarray(0, 768));
  return full;
}

class StatsRows implements RowAnswer {
  readonly #size: Size;
  #rows = 0;
  #stats: Stats;

  constructor({ width, height }: RowAnswerOptions) {
    this.#size = { width, height };
    this.#stats = { width, height, classes: [] };
  }

  async push(rows: Scene): Promise<void> {
    this.#stats = addStats(this.#stats, statsOf(rows), this.#rows);
    this.#rows += rows.height;
  }

  async end(): Promise<Uint8Array> {
    return Buffer.from(JSON.stringify({ ...this.#stats, ...this.#size }));
  }

  close(): void {}
}
