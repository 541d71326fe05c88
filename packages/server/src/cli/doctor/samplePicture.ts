import { crc32, deflateSync } from 'node:zlib';

/** A PNG of a light figure on a colour ramp, made here so that the check needs no file and no codec. */
export function samplePicture(width: number, height: number): Uint8Array {
  const row = 1 + width * 3;
  const pixels = new Uint8Array(row * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * row + 1 + x * 3;
      const isFigure = ((x / width - 0.5) / 0.25) ** 2 + ((y / height - 0.6) / 0.4) ** 2 < 1;
      pixels[at] = isFigure ? 230 : Math.floor((x * 200) / width);
      pixels[at + 1] = isFigure ? 190 : Math.floor((y * 200) / height);
      pixels[at + 2] = isFigure ? 170 : 90;
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8); // 8 bits, RGB, deflate, no filter method but the one, not interlaced
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(pixels)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Length, type, data, CRC of type and data: PNG specification, section 5.3. */
function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  framed.set(body, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}
