import type { SegmentRequest } from './request.ts';

/** The size of all answers as people write it: `640x480`, or `model`. Undefined: it is neither. */
export function answerSizeOf(text: string): SegmentRequest['size'] | undefined {
  if (text === 'model') return text;
  const [, width, height] = /^([1-9]\d{0,4})x([1-9]\d{0,4})$/.exec(text) ?? [];
  return width === undefined ? undefined : { width: Number(width), height: Number(height) };
}
