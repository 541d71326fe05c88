import { Fault } from '../../domain/fault.ts';

/** Some forms count pixels in 32 bits. `what`: which answer, in words. */
export function pixelsAtMost(most: number, pixels: number, what: string): void {
  if (pixels <= most) return;
  throw Fault.expected('image_too_large', `a picture of at most ${most} pixels for ${what}`, `${pixels}`);
}
