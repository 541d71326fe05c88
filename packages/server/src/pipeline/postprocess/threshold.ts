/** A matting model's class map: 1 where the opacity reaches the threshold (0…1), else 0. */
export function labelsFromAlpha(alpha: Uint8Array, threshold: number): Uint8Array {
  const labels = new Uint8Array(alpha.length);
  const least = threshold * 255;
  for (let index = 0; index < alpha.length; index++) labels[index] = alpha[index]! >= least ? 1 : 0;
  return labels;
}
