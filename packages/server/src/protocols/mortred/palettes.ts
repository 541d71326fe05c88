export type Rgb = readonly [red: number, green: number, blue: number];

/** Both colour maps of the predecessor end here; classes beyond are black. */
export const paletteSize = 80;

/** Era C: class i has the hue i × the golden angle, full saturation and value, channels truncated to bytes. */
export const huePalette: readonly Rgb[] = Array.from({ length: paletteSize }, (_, index) =>
  fullColor((index * 137.50776405003785) % 360),
);

/** HSV → RGB with saturation and value 1. */
function fullColor(hue: number): Rgb {
  const sector = hue / 60;
  const rising = 1 - Math.abs((sector % 2) - 1);
  const channels: readonly Rgb[] = [
    [1, rising, 0],
    [rising, 1, 0],
    [0, 1, rising],
    [0, rising, 1],
    [rising, 0, 1],
    [1, 0, rising],
  ];
  const [red, green, blue] = channels[Math.floor(sector) % 6]!;
  return [Math.trunc(red * 255), Math.trunc(green * 255), Math.trunc(blue * 255)];
}

/**
 * Era B draws 80 colours anew for every request; only equality inside one picture means anything. Ours never draws one
 * twice, nor the black of what lies beyond the list.
 */
export function randomPalette(random: () => number = Math.random): readonly Rgb[] {
  const drawn = new Set<number>();
  while (drawn.size < paletteSize) drawn.add(1 + Math.floor(random() * 0xffffff));
  return [...drawn].map((color): Rgb => [color >> 16, (color >> 8) & 255, color & 255]);
}
