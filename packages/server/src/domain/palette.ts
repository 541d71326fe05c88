/**
 * The bit-interleaved palette of Pascal VOC: class i in binary, three bits at a time from the lowest; in group j the
 * lowest bit sets bit 7−j of red, the middle one that of green, the highest that of blue.
 * Returns R, G, B for classes 0…count−1.
 */
export function vocPalette(count: number): Uint8Array {
  const palette = new Uint8Array(count * 3);
  for (let index = 0; index < count; index++) {
    let bits = index;
    for (let shift = 7; bits > 0 && shift >= 0; shift--) {
      palette[index * 3] = palette[index * 3]! | ((bits & 1) << shift);
      palette[index * 3 + 1] = palette[index * 3 + 1]! | (((bits >> 1) & 1) << shift);
      palette[index * 3 + 2] = palette[index * 3 + 2]! | (((bits >> 2) & 1) << shift);
      bits >>= 3;
    }
  }
  return palette;
}

/** `#rrggbb` of class `index`. */
export function colorOf(palette: Uint8Array, index: number): string {
  const channels = [...palette.subarray(index * 3, index * 3 + 3)];
  return `#${channels.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}
