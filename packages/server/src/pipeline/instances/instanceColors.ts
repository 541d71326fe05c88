/**
 * A colour for each instance, R, G, B: hues a golden angle apart, so that neighbours in the list and all that follow lie
 * far from each other, in three brightnesses by turns.
 */
export function instanceColor(id: number): readonly [red: number, green: number, blue: number] {
  const hue = (id * 137.50776405) % 360;
  const light = [0.55, 0.42, 0.68][id % 3]!;
  return rgbOf(hue, 0.85, light);
}

export function hexOf([red, green, blue]: readonly [number, number, number]): string {
  return `#${[red, green, blue].map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}

/** HSL as CSS Color 4 has it. */
function rgbOf(hue: number, saturation: number, light: number): readonly [number, number, number] {
  const channel = (turn: number) => {
    const k = (turn + hue / 30) % 12;
    const value = light - saturation * Math.min(light, 1 - light) * Math.max(-1, Math.min(k - 3, 9 - k, 1));
    return Math.round(value * 255);
  };
  return [channel(0), channel(8), channel(4)];
}
