/** How a picture's bytes become what the network was trained on: x ↦ (x · scale − mean) / std, per channel. */
export interface Normalisation {
  readonly layout: 'nchw' | 'nhwc';
  /** The order in which the network takes the channels, and in which `mean` and `std` are given. */
  readonly channels: 'rgb' | 'bgr';
  readonly scale: number;
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
}

/** The same as x ↦ x · mul + add. Both the graph and the loops in TypeScript use these float32 numbers, so they agree bit by bit. */
export function affine({ scale, mean, std }: Normalisation): { mul: number[]; add: number[] } {
  return {
    mul: std.map((s) => Math.fround(scale / s)),
    // "0 −" and not "−": a mean of 0 must not become −0.
    add: mean.map((m, channel) => Math.fround(0 - m / std[channel]!)),
  };
}
