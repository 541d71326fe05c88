/** FP16 is IEEE 754 binary16: a sign bit, 5 bits of exponent, 10 of fraction. Not every supported Node has Float16Array. */

const word = new DataView(new ArrayBuffer(4));

export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The nearest half; of two equally near the even one. */
export function numberToHalf(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  word.setFloat32(0, value);
  const sign = (word.getUint32(0) >>> 16) & 0x8000;
  const size = Math.abs(value);
  // Half of the step above the greatest half, 65504, still rounds down to it.
  if (size >= 65520) return sign | 0x7c00;
  if (size < 2 ** -14) return sign | roundEven(size * 2 ** 24);
  const exponent = Math.floor(Math.log2(size));
  const step = size >= 2 ** (exponent + 1) ? exponent + 1 : size < 2 ** exponent ? exponent - 1 : exponent;
  // A fraction that rounds up to 1024 runs over into the exponent, which is what is wanted.
  return sign | (((step + 15) << 10) + roundEven((size / 2 ** step - 1) * 1024));
}

function roundEven(value: number): number {
  const down = Math.floor(value);
  const over = value - down;
  return over > 0.5 || (over === 0.5 && down % 2 === 1) ? down + 1 : down;
}
