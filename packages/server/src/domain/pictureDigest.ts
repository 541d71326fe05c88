import { createHash, webcrypto } from 'node:crypto';

/** The digest of bytes that are in memory already lives as long as they do. */
const known = new WeakMap<Uint8Array, Promise<string>>();
/** Smaller pictures are hashed at once: sending them to another thread would take longer. */
const atOnceBytesMax = 64 * 1024;

/** SHA-256 of an encoded picture, in hex. Large ones are hashed on another thread; the same array is never hashed twice. */
export function pictureDigest(image: Uint8Array): Promise<string> {
  const digest = known.get(image) ?? sha256(image);
  known.set(image, digest);
  return digest;
}

/** Tells that a copy of a picture has its digest. */
export function copyDigest(from: Uint8Array, to: Uint8Array): void {
  const digest = known.get(from);
  if (digest !== undefined) known.set(to, digest);
}

async function sha256(image: Uint8Array): Promise<string> {
  if (image.length <= atOnceBytesMax) return createHash('sha256').update(image).digest('hex');
  const digest = await webcrypto.subtle.digest('SHA-256', image as Uint8Array<ArrayBuffer>);
  return Buffer.from(digest).toString('hex');
}
