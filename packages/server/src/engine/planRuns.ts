import { flipChoices, scalesMax, tileSideMax, tileSideMin } from '@segserve/contract';
import { Fault } from '../domain/fault.ts';
import type { Region, Size } from '../domain/geometry.ts';
import { type ImageHeader, wholeSizeOf } from '../domain/image.ts';
import type { Limits } from '../domain/limits.ts';
import type { PictureSpec } from '../domain/modelSpec.ts';
import type { AnswerPlan, MaskPlan, SegmentRequest } from '../domain/request.ts';
import { isRowAnswer, rowAnswers } from '../domain/rowAnswers.ts';
import { isTileSide } from '../domain/tileWords.ts';
import { blendBytes, planTiles, type Tiling } from '../domain/tiling.ts';
import { severalRuns } from '../pipeline/tiled/severalRuns.ts';
import { whyWhole } from '../pipeline/tiled/whyWhole.ts';

type Wish = Pick<SegmentRequest, 'image' | 'tile' | 'flips' | 'scales' | 'region' | 'regionOnly'>;

/** Whether a picture of more pixels than can be held at once may have an answer all the same. */
export function mayBeLarge({ manifest }: PictureSpec, { tile, region }: Wish): boolean {
  return region !== undefined || (tile ?? (manifest.input.fit === 'tile' ? 'auto' : 'off')) !== 'off';
}

export interface RunsPlan {
  /** With the part that is looked at, where one was asked for. */
  readonly header: ImageHeader;
  readonly mask: MaskPlan;
  /** Whether the answer comes from several runs, which no other ticket shares. */
  readonly isAlone: boolean;
}

/** What a request says of tiles, averages and a part of the picture, checked against model, picture and limits. Throws Fault. */
export function planRuns(
  spec: PictureSpec,
  request: Wish,
  picture: ImageHeader,
  answers: readonly AnswerPlan[],
  mask: MaskPlan,
  limits: Limits,
): RunsPlan {
  checkWords(spec, request);
  const header = request.region ? { ...picture, ...partOf(picture, request.region) } : picture;
  const inPlace = planInPlace(spec, request, answers, mask);
  const { tile, flips, scales } = request;
  const wished: MaskPlan = {
    ...mask,
    ...inPlace,
    ...(tile === undefined ? {} : { tile }),
    ...(flips === undefined ? {} : { flips }),
    ...(scales === undefined ? {} : { scales: [...scales] }),
  };
  const runs = severalRuns(spec, header, wished);
  checkVariants(spec, { ...wished, tile: runs?.tiling ? 'auto' : 'off' });
  if (!runs?.tiling) {
    checkHeld(header, limits, request.image, header.part ? 'a smaller region, or tile=auto' : 'tile=auto');
    return { header, mask: wished, isAlone: runs !== undefined };
  }
  checkTiling(spec, runs.tiling, header, limits);
  checkAnswers(spec, request.image, header, answers, wished, limits);
  return { header, mask: { ...wished, tile: tile ?? 'auto' }, isAlone: true };
}

function checkWords(spec: PictureSpec, { tile, flips, scales, region, regionOnly }: Wish): void {
  const { ref, manifest } = spec;
  const { task, input } = manifest;
  const named = Object.entries({ tile, flips, scales }).find(([, value]) => value !== undefined)?.[0];
  if (named !== undefined && task !== 'semantic' && task !== 'matting') {
    throw new Fault('invalid_request', `${ref} gives no scores for each pixel (task: ${task}): leave "${named}" out.`);
  }
  if (regionOnly !== undefined && region === undefined) {
    throw Fault.expected('invalid_request', 'a region beside regionOnly', 'none');
  }
  if (tile !== undefined && typeof tile === 'object' && !(isTileSide(tile.width) && isTileSide(tile.height))) {
    const expected = `tiles with sides of ${tileSideMin} to ${tileSideMax} pixels`;
    throw Fault.expected('invalid_request', expected, `${tile.width}×${tile.height}`);
  }
  if (flips !== undefined && !flipChoices.includes(flips)) {
    throw Fault.expected('invalid_request', `one of ${flipChoices.join(', ')} as flips`, String(flips));
  }
  if (scales === undefined) return;
  const fits = scales.length >= 1 && scales.length <= scalesMax && scales.every((scale) => scale >= 0.25 && scale <= 4);
  if (!fits)
    throw Fault.expected('invalid_request', `1 to ${scalesMax} scales from 0.25 to 4`, `[${scales.join(', ')}]`);
  if (input.size.rule === 'fixed' && scales.some((scale) => scale !== 1)) {
    const expected = `a model whose input size is not fixed, for scales other than 1`;
    throw Fault.expected('invalid_request', expected, `${ref}, which takes ${input.size.width}×${input.size.height}`);
  }
}

/** Ready classes, without scores behind them. */
function givesClasses({ manifest: { output } }: PictureSpec): boolean {
  return 'kind' in output && output.kind === 'labels';
}

function noScores(ref: string, named: string): Fault {
  return new Fault('invalid_request', `${ref} gives ready classes, which have no mean: leave "${named}" out.`);
}

function checkVariants(spec: PictureSpec, { flips = 'none', scales, tile }: MaskPlan): void {
  const { ref, manifest } = spec;
  const named = flips !== 'none' ? 'flips' : scales?.some((scale) => scale !== 1) ? 'scales' : undefined;
  if (named === undefined) return;
  if (givesClasses(spec)) throw noScores(ref, named);
  if (manifest.input.resizeIn !== 'graph' || (tile ?? 'off') !== 'off') return;
  throw new Fault('invalid_request', `The graph of ${ref} resizes by itself, so "${named}" works with tiles alone.`);
}

function partOf(picture: ImageHeader, { x, y, width, height }: Region): Size & { readonly part: Region } {
  const whole = wholeSizeOf(picture);
  const isWhole = [x, y, width, height].every(Number.isInteger);
  const isInside =
    x >= 0 && y >= 0 && width >= 1 && height >= 1 && x + width <= whole.width && y + height <= whole.height;
  if (isWhole && isInside) return { width, height, part: { x, y, width, height } };
  const expected = `a region inside the picture of ${whole.width}×${whole.height} pixels`;
  throw Fault.expected('invalid_request', expected, `x ${x}, y ${y}, ${width}×${height}`);
}

/** A part in its place: the rest of the picture has to be something. */
function planInPlace(
  { ref, manifest }: PictureSpec,
  { regionOnly = true }: Wish,
  answers: readonly AnswerPlan[],
  { size, refine }: MaskPlan,
): Pick<MaskPlan, 'inPlace'> {
  if (regionOnly) return {};
  const { task, background } = manifest;
  if (task !== 'matting' && !(task === 'semantic' && background !== undefined)) {
    throw new Fault('invalid_request', `${ref} has no background to put around the region: leave "regionOnly" out.`);
  }
  const other = size !== undefined ? 'size' : refine !== 'none' ? 'refine' : undefined;
  if (other)
    throw new Fault('invalid_request', `A region in its place goes without "${other}": leave one of them out.`);
  refuseScores(answers, 'a region in its place');
  return { inPlace: true };
}

function refuseScores(answers: readonly AnswerPlan[], what: string): void {
  const other = answers.find(({ kind }) => kind === 'scores' || kind === 'uncertainty');
  if (other) throw new Fault('invalid_request', `${other.kind} cannot be had of ${what}: ask for them separately.`);
}

/** A picture, or a part of one, that is decoded at once. */
function checkHeld(header: ImageHeader, limits: Limits, image: Uint8Array, instead: string): void {
  const { imagePixelsMax } = limits;
  if (header.width * header.height > imagePixelsMax) {
    const expected = `an image of at most ${imagePixelsMax} pixels (for more: ${instead})`;
    throw Fault.expected('image_too_large', expected, `${header.width}×${header.height}`);
  }
  checkReadsInBands(header, imagePixelsMax, image);
}

function checkReadsInBands(header: ImageHeader, imagePixelsMax: number, image: Uint8Array): void {
  const whole = wholeSizeOf(header);
  if (whole.width * whole.height <= imagePixelsMax) return;
  const why = whyWhole(image, header);
  if (why === undefined) return;
  const expected = `a picture of more than ${imagePixelsMax} pixels in a format that is read row by row (baseline JPEG, PNG, TIFF)`;
  throw Fault.expected('image_too_large', expected, why);
}

function checkTiling(spec: PictureSpec, tiling: Tiling, picture: Size, { tiledBytesMax }: Limits): void {
  const channels = spec.manifest.task === 'matting' || givesClasses(spec) ? 1 : spec.labels.length;
  const plan = planTiles(picture, tiling, !givesClasses(spec));
  const bytes = blendBytes(plan, channels);
  if (bytes <= tiledBytesMax) return;
  const { tile } = tiling;
  throw Fault.expected(
    'image_too_large',
    `a tile plan whose scores take at most ${tiledBytesMax} bytes (limits.tiledBytesMax)`,
    `${bytes} bytes for ${plan.columns.spans.length}×${plan.rows.spans.length} tiles of ${tile.width}×${tile.height} with ${channels} classes over ${picture.width} columns`,
  );
}

/** What is too large to be held gives the answers that are made row by row, at its own size. */
function checkAnswers(
  { ref }: PictureSpec,
  image: Uint8Array,
  header: ImageHeader,
  answers: readonly AnswerPlan[],
  { size, refine, inPlace }: MaskPlan,
  { imagePixelsMax }: Limits,
): void {
  refuseScores(answers, 'a picture in tiles');
  checkReadsInBands(header, imagePixelsMax, image);
  const whole = inPlace ? wholeSizeOf(header) : header;
  if (whole.width * whole.height <= imagePixelsMax) return;
  const large = `${whole.width}×${whole.height} pixels (more than limits.imagePixelsMax, ${imagePixelsMax})`;
  const other = answers.find((plan) => !isRowAnswer(plan));
  if (other) {
    const known = Object.entries(rowAnswers).map(([kind, formats]) => `${kind} as ${formats.join(' or ')}`);
    throw Fault.expected(
      'image_too_large',
      `for a picture of ${large} one of ${known.join(', ')}`,
      `${other.kind} as ${other.format}; ask for a part of the picture with region`,
    );
  }
  const tidy = answers.find(({ minArea, fillHoles }) => minArea > 0 || fillHoles > 0);
  if (tidy) throw new Fault('image_too_large', `${ref} answers ${large} row by row, without minArea and fillHoles.`);
  const option = size !== undefined ? 'size' : refine !== 'none' ? 'refine' : inPlace ? 'regionOnly=false' : undefined;
  if (option) throw new Fault('image_too_large', `${ref} answers ${large} row by row, without "${option}".`);
}
