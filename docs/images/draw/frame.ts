import sharp from 'sharp';

/** Of every picture, in pixels. */
export const frameWidth = 480;

export interface Frame {
  readonly width: number;
  readonly height: number;
}

/** The size in which something of `width` × `height` is shown. */
export function frameOf({ width, height }: Frame): Frame {
  return { width: frameWidth, height: Math.round((height * frameWidth) / width) };
}

/** Brought to the frame's width: class maps in whole pixels, photos smoothly. */
export async function framed(
  picture: Buffer,
  kernel: 'nearest' | 'lanczos3' = 'lanczos3',
  width = frameWidth,
): Promise<Buffer> {
  return sharp(picture).resize({ width, kernel }).png().toBuffer();
}

export async function sizeOf(picture: Buffer): Promise<Frame> {
  const { width, height } = await sharp(picture).metadata();
  return { width, height };
}

/** A drawing in the answer's own coordinates over the photo. */
export async function over(photo: Buffer, { width, height }: Frame, drawing: string): Promise<Buffer> {
  const frame = frameOf({ width, height });
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${frame.width}" height="${frame.height}" viewBox="0 0 ${width} ${height}">${drawing}</svg>`;
  const input = Buffer.from(svg);
  return sharp(photo).resize(frame.width, frame.height).composite([{ input }]).png().toBuffer();
}

/** Over a chessboard, so that what lets light through is seen. */
export async function onBoard(picture: Buffer, frame = frameWidth): Promise<Buffer> {
  const input = await framed(picture, 'lanczos3', frame);
  const { width, height } = await sizeOf(input);
  const board = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><pattern id="p" width="32" height="32" patternUnits="userSpaceOnUse"><rect width="32" height="32" fill="#fff"/><path d="M0 0h16v16H0zM16 16h16v16H16z" fill="#d8d8d8"/></pattern><rect width="100%" height="100%" fill="url(#p)"/></svg>`;
  return sharp(Buffer.from(board)).composite([{ input }]).png().toBuffer();
}
