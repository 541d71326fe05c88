import type { Size } from '../../domain/geometry.ts';
import { place } from '../../domain/geometry.ts';
import { planTiles, type Span, type TilePlan, type Tiling } from '../../domain/tiling.ts';
import type { RawAnswer } from '../readFused.ts';
import type { Session } from '../session.ts';
import { averagedScores } from './averagedScores.ts';
import { Blender, type Block } from './blender.ts';
import { rawOfPlanes } from './rawOfPlanes.ts';
import { resizePixels } from './resizePixels.ts';
import { resizeScores } from './resizeScores.ts';
import type { RowReader } from './rowReader.ts';
import type { ScorePlanes, ScoreSpec } from './scorePlanes.ts';
import type { Variants } from './severalRuns.ts';

export interface TileJob {
  readonly session: Session;
  readonly spec: ScoreSpec;
  readonly picture: Size;
  readonly tiling: Tiling;
  readonly reader: RowReader;
  readonly variants: Variants | undefined;
  readonly scoreWanted: boolean;
  /** Called before each run of the network; what it throws ends the job. */
  readonly beforeRun: () => Promise<void>;
  readonly clock: TileClock;
}

/** Milliseconds that went into each stage. */
export interface TileClock {
  decode: number;
  infer: number;
  postprocess: number;
}

/** Rows of the finished answer, as wide as the picture; `raw.height` of them from `y` on. */
export interface Band {
  readonly y: number;
  readonly raw: RawAnswer;
}

/** The picture's answer band by band, from the top down. What is held at once does not grow with the picture's height. */
export async function* tileBands(job: TileJob): AsyncGenerator<Band> {
  const { spec, picture, tiling, clock } = job;
  const plan = planTiles(picture, tiling, spec.manifest.output.kind !== 'labels');
  let blender: Blender | undefined;
  for (const row of plan.rows.spans) {
    const rows = await timed(clock, 'decode', () =>
      job.reader.rows(row.start, Math.min(plan.tile.height, picture.height - row.start)),
    );
    let band: RawAnswer | undefined;
    for (const column of plan.columns.spans) {
      const pixels = cutOut(rows, picture.width, column.start, plan.tile, spec.manifest.input.pad);
      const scores = await timed(clock, 'infer', () => tileScores(job, pixels, plan));
      const began = performance.now();
      blender ??= new Blender(plan, scores.channels);
      const block = blender.blend(scores.data, column, row);
      band = placed(band, rawOf(job, scores, block), column, row, picture);
      clock.postprocess += performance.now() - began;
    }
    yield { y: row.from, raw: band! };
  }
}

/** A tile's scores, at the tile's own size. */
async function tileScores(job: TileJob, pixels: Uint8Array, { tile }: TilePlan): Promise<ScorePlanes> {
  const { manifest } = job.spec;
  const { input } = place(tile, { size: manifest.input.size, fit: 'stretch' });
  const taken = await resizePixels(pixels, tile, input, manifest.input.kernel);
  const scores = await averagedScores(job.session, job.spec, taken, input, job.variants, job.beforeRun);
  const { upsample } = manifest.output;
  const isSmooth = manifest.task === 'matting' ? upsample !== 'nearest' : (upsample ?? 'nearest') !== 'nearest';
  return resizeScores(scores, tile, isSmooth ? 'linear' : 'nearest');
}

/** A tile's pixels out of the rows; what lies beyond the picture has the padding's colour. */
function cutOut(
  rows: Uint8Array,
  pictureWidth: number,
  x: number,
  tile: Size,
  [red, green, blue]: readonly [number, number, number],
): Uint8Array {
  const out = new Uint8Array(tile.width * tile.height * 3);
  const height = rows.length / (pictureWidth * 3);
  const width = Math.min(tile.width, pictureWidth - x);
  if (width < tile.width || height < tile.height) {
    for (let at = 0; at < out.length; at += 3) {
      out[at] = red;
      out[at + 1] = green;
      out[at + 2] = blue;
    }
  }
  for (let y = 0; y < height; y++) {
    const from = (y * pictureWidth + x) * 3;
    out.set(rows.subarray(from, from + width * 3), y * tile.width * 3);
  }
  return out;
}

function rawOf({ spec, scoreWanted }: TileJob, scores: ScorePlanes, block: Block): RawAnswer {
  const planes = { ...block, channels: scores.channels, kind: scores.kind };
  return rawOfPlanes(planes, spec.manifest, { scoreWanted, scoresWanted: false });
}

/** Puts a finished block into its place in the band; the first one makes the band. */
function placed(band: RawAnswer | undefined, block: RawAnswer, column: Span, row: Span, picture: Size): RawAnswer {
  const size = { width: picture.width, height: row.to - row.from };
  const whole = band ?? {
    ...size,
    labels: emptyLike(block.labels, size),
    alpha: emptyLike(block.alpha, size),
    score: emptyLike(block.score, size),
  };
  for (const name of ['labels', 'alpha', 'score'] as const) {
    const [from, to] = [block[name], whole[name]];
    if (from && to) copyRows(from, block.width, to, size.width, column.from);
  }
  return whole;
}

function emptyLike<Plane extends Uint8Array | Uint16Array>(plane: Plane | undefined, { width, height }: Size) {
  if (plane === undefined) return undefined;
  return (plane instanceof Uint16Array ? new Uint16Array(width * height) : new Uint8Array(width * height)) as Plane;
}

function copyRows(
  from: Uint8Array | Uint16Array,
  width: number,
  to: Uint8Array | Uint16Array,
  toWidth: number,
  x: number,
): void {
  for (let at = 0, y = 0; at < from.length; at += width, y++) to.set(from.subarray(at, at + width), y * toWidth + x);
}

async function timed<Made>(clock: TileClock, stage: keyof TileClock, run: () => Promise<Made>): Promise<Made> {
  const began = performance.now();
  try {
    return await run();
  } finally {
    clock[stage] += performance.now() - began;
  }
}
