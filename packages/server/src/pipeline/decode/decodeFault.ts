import { Fault } from '../../domain/fault.ts';
import type { ImageHeader } from '../../domain/image.ts';
import { formatNames } from '../header.ts';

/**
 * What the decoder threw as a Fault. The library's own words (which name its functions, and could name files) stay in
 * `cause`; the caller reads which of four things happened.
 */
export function decodeFault(error: unknown, header: ImageHeader): Fault {
  if (error instanceof Fault) return error;
  const noise = error instanceof Error ? error.message : String(error);
  const name = formatNames[header.format];
  return Fault.expected('corrupt_image', `a complete ${name} image`, received(noise), { cause: error });
}

function received(noise: string): string {
  if (/exceeds pixel limit/i.test(noise)) return 'one with more pixels than its header says';
  if (/premature end|unexpected end|truncat|end of (file|data|stream)/i.test(noise)) return 'one that ends too early';
  if (/timeout/i.test(noise)) return `one that takes longer than ${decodeSeconds} seconds to decode`;
  if (/unsupported|not configured|not supported/i.test(noise)) return 'one of a variant that is not decoded here';
  return 'one whose data is damaged or cut off';
}

/** No honest picture under the limits takes a tenth of this. */
export const decodeSeconds = 30;
