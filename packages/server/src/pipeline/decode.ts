/** Compressed bytes to pixels: `decodeToInput` for the model, `decodeFull` for answers that show the photo. */
export { decodeFull } from './decode/decodeFull.ts';
export { decodeToInput } from './decode/decodeToInput.ts';
export { ownDecoders } from './decode/sharpSetup.ts';
