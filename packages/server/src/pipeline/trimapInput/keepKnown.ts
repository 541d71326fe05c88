import { trimapBytes } from './readTrimap.ts';

/** The opacity where the trimap does not know it; elsewhere what the trimap says, to the bit. */
export function keepKnown(alpha: Uint8Array, trimap: Uint8Array): Uint8Array {
  const out = Uint8Array.from(alpha);
  for (let pixel = 0; pixel < out.length; pixel++) {
    const says = trimap[pixel];
    if (says === trimapBytes.background) out[pixel] = 0;
    else if (says === trimapBytes.foreground) out[pixel] = 255;
  }
  return out;
}
