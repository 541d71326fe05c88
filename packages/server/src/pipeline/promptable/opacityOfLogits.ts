/** Steps of the table for each unit of a logit, and the logit from which opacity is full. */
const steps = 512;
const most = 8;

/** Up to this logit the opacity is 0. */
export const transparentLogit = -most;

/**
 * Logit to opacity 0…255, by its sigmoid. A table, since a 12-megapixel picture has 12 million of them. A step ends at 0, so
 * that an opacity of 128 and more is exactly a logit above 0.
 */
const table = Uint8Array.from({ length: 2 * most * steps }, (_, index) =>
  Math.round(255 / (1 + Math.exp(most - (index + 0.5) / steps))),
);

export function opacityOfLogit(logit: number): number {
  if (logit >= most) return 255;
  return logit > -most ? table[Math.ceil((logit + most) * steps) - 1]! : 0;
}

/** Logit from which a pixel's opacity reaches the threshold, 0…1. */
export function levelOf(threshold: number): number {
  const opacity = Math.min(Math.max(threshold, 1 / 255), 254 / 255);
  return Math.log(opacity / (1 - opacity));
}
