import { Fault } from '../../domain/fault.ts';
import type { KeptPictures } from '../../domain/keptPictures.ts';

/** The reply header that names the picture of a request with prompts, for the next one to say `image` with. */
export const imageHeader = 'segserve-image';

const prefix = 'sha256:';
const form = `"${prefix}" and 64 hexadecimal digits`;

/**
 * The kept picture that `image` names, when it names one instead of being one: no picture and no base64 begins with
 * "sha256:". Throws Fault `not_found` when it is not kept (any more), `invalid_request` when it is no digest.
 */
export function keptPicture(image: Uint8Array | string, pictures: KeptPictures): Uint8Array | undefined {
  const text = typeof image === 'string' ? image : beginning(image);
  if (!text.toLowerCase().startsWith(prefix)) return undefined;
  const digest = text.slice(prefix.length).trim().toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(digest)) throw Fault.expected('invalid_request', `\`image\` to be ${form}`, shown(text));
  if (!pictures.isOn) {
    const why = 'this server keeps none (limits.keptPictureBytesMax is 0)';
    throw new Fault('not_found', `A picture cannot be named by its digest: ${why}. Send the picture itself.`);
  }
  const picture = pictures.find(digest);
  if (picture !== undefined) return picture;
  throw new Fault(
    'not_found',
    `The picture ${prefix}${digest} is not kept here, or no longer. Send the picture again.`,
  );
}

/** What the query says of the picture, and the rest of it. A picture itself has no place in an address. */
export function queryImage(query: Readonly<Record<string, unknown>>): {
  readonly named: string | undefined;
  readonly options: Readonly<Record<string, unknown>>;
} {
  const { image, ...options } = query;
  if (image === undefined) return { named: undefined, options };
  if (typeof image === 'string' && image.toLowerCase().startsWith(prefix)) return { named: image, options };
  const received = typeof image === 'string' ? shown(image) : 'it more than once';
  throw Fault.expected('invalid_request', `\`image\` in the query to be ${form}`, received);
}

/** Keeps the picture of a request with prompts: the header that says so, or none where it is not kept. */
export async function keptHeader(image: Uint8Array, pictures: KeptPictures): Promise<Readonly<Record<string, string>>> {
  const digest = await pictures.keep(image);
  return digest === undefined ? {} : { [imageHeader]: `${prefix}${digest}` };
}

/** Enough of it to tell a digest by, and what follows one that is too long. */
function beginning(image: Uint8Array): string {
  return Buffer.from(image.buffer, image.byteOffset, Math.min(image.byteLength, 100)).toString('latin1');
}

function shown(text: string): string {
  return text === '' ? 'an empty text' : `"${text.length > 80 ? `${text.slice(0, 80)}…` : text}"`;
}
