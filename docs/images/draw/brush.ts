/**
 * Reads Label Studio's brush run lengths (thi.ng/rle-pack): 32 bits of length, 5 bits of word size − 1, four times 4 bits of a
 * length field's size − 1; then runs. Gives a byte for each pixel: that of its alpha, the last of four channels.
 */
export function brushPixels(packed: Uint8Array): Uint8Array {
  let bit = 0;
  const read = (bits: number) => {
    let value = 0;
    for (let left = bits; left > 0; left--, bit++) value = value * 2 + ((packed[bit >> 3]! >> (7 - (bit & 7))) & 1);
    return value;
  };
  const total = read(32);
  const wordBits = read(5) + 1;
  const sizes = [0, 0, 0, 0].map(() => read(4) + 1);
  const bytes = new Uint8Array(total);
  for (let at = 0; at < total; ) {
    const repeats = read(1) === 1;
    const length = read(sizes[read(2)]!) + 1;
    if (repeats) bytes.fill(read(wordBits), at, at + length);
    else for (let index = 0; index < length; index++) bytes[at + index] = read(wordBits);
    at += length;
  }
  return bytes.filter((_, at) => at % 4 === 3);
}
