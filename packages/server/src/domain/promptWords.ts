import type { BoxPrompt, PointPrompt } from '@segserve/contract';

/** A number as JSON writes it; JavaScript's own reader would also take "", "0x10" and " ". */
const number = String.raw`-?\d{1,25}(?:\.\d{1,40})?(?:e[+-]?\d{1,3})?`;
const pointPattern = new RegExp(`^(${number}),(${number})(?:,([01]))?$`, 'i');
const boxPattern = new RegExp(`^(${number}),(${number}),(${number}),(${number})$`, 'i');

/** How a point is written in one word: x,y or x,y,label. */
export const pointForm = 'x,y or x,y,label with label 1 (the thing) or 0 (not the thing), as in 120,80 or 200,90,0';
/** How a box is written in one word. */
export const boxForm = 'x0,y0,x1,y1, the upper left and the lower right corner, as in 10,10,200,300';

/** What one word says of a point. Undefined: it is none. */
export function pointOf(word: string): PointPrompt | undefined {
  const [, x, y, label] = pointPattern.exec(spaceless(word)) ?? [];
  const [left, top] = [Number(x), Number(y)];
  if (!Number.isFinite(left) || !Number.isFinite(top)) return undefined;
  return { x: left, y: top, label: label === '0' ? 0 : 1 };
}

/** What one word says of a box. Undefined: it is none. */
export function boxOf(word: string): BoxPrompt | undefined {
  const corners = boxPattern.exec(spaceless(word))?.slice(1).map(Number) ?? [];
  const [x0, y0, x1, y1] = corners;
  if (x0 === undefined || y0 === undefined || x1 === undefined || y1 === undefined) return undefined;
  return corners.every(Number.isFinite) ? { x0, y0, x1, y1 } : undefined;
}

/** Around each number; a space within one stays and spoils it. */
function spaceless(word: string): string {
  return word
    .split(',')
    .map((part) => part.trim())
    .join(',');
}
