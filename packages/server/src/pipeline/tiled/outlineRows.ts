import type { AnswerKind } from '@segserve/contract';
import { Fault } from '../../domain/fault.ts';
import type { AnswerPlan } from '../../domain/request.ts';
import { encodeCoco } from '../encode/coco.ts';
import { encodeGeojson } from '../encode/geojson.ts';
import { encodeLabelstudio } from '../encode/labelstudio.ts';
import { encodePolygons } from '../encode/polygons.ts';
import { encodeSvg } from '../encode/svg.ts';
import { encodeYolo } from '../encode/yolo.ts';
import { geojsonInSource } from '../geo/geojsonInSource.ts';
import type { Scene } from '../scene.ts';
import { ByteBudget, tooManyBytes } from './byteBudget.ts';
import type { KeptRuns } from './keptRuns.ts';
import type { RowAnswer, RowAnswerOptions } from './rowAnswer.ts';

const encoders: Readonly<Partial<Record<AnswerKind, (scene: Scene, plan: AnswerPlan) => Promise<Uint8Array>>>> = {
  polygons: encodePolygons,
  geojson: encodeGeojson,
  coco: encodeCoco,
  labelstudio: encodeLabelstudio,
  yolo: encodeYolo,
  svg: encodeSvg,
};

/**
 * An answer made of outlines. While rows pass, the runs of the wanted classes are kept and nothing else; their outlines
 * are traced after the last row, so that they are those of the picture held whole, point by point.
 */
export class OutlineRows implements RowAnswer {
  readonly #plan: AnswerPlan;
  readonly #options: RowAnswerOptions;
  readonly #kept: KeptRuns;

  constructor(plan: AnswerPlan, options: RowAnswerOptions) {
    this.#plan = plan;
    this.#options = options;
    this.#kept = options.kept.of(plan);
  }

  async push(rows: Scene): Promise<void> {
    this.#kept.push(rows);
  }

  async end(): Promise<Uint8Array> {
    const { kind, coordinates } = this.#plan;
    const encode = encoders[kind];
    if (!encode) throw new Fault('internal', `${kind} is not made of outlines.`);
    const { bytesMax, geo } = this.#options;
    try {
      const made = await encode(this.#kept.scene(), this.#plan);
      const file = new ByteBudget(bytesMax);
      file.add(coordinates === 'source' ? geojsonInSource(made, geo) : made);
      return file.whole();
    } catch (error) {
      throw isTextTooLong(error) ? tooManyBytes(bytesMax) : error;
    }
  }

  close(): void {}
}

/** V8 makes no string of more than 2^29 characters (v8::String::kMaxLength), and these answers are written as one. */
function isTextTooLong(error: unknown): boolean {
  return error instanceof RangeError && error.message === 'Invalid string length';
}
