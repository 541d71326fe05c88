import type { Metadata, Sharp } from 'sharp';
import { Fault } from '../../domain/fault.ts';
import type { Size } from '../../domain/geometry.ts';
import { type ImageHeader, wholeSizeOf } from '../../domain/image.ts';
import { formatNames } from '../header.ts';
import { decodeSeconds } from './decodeFault.ts';
import { isSrgb } from './iccProfile.ts';
import { sharp } from './sharpSetup.ts';

/** A picture before its pixels are decoded: upright, first page only. */
export interface OpenPicture {
  readonly upright: Sharp;
  readonly hasAlpha: boolean;
  /**
   * How its colours come to sRGB. `none`: they are sRGB already, or without a profile. `late`: RGB with another
   * profile, which is applied when the picture is small. `early`: by the decoder at full size.
   */
  readonly conversion: 'none' | 'late' | 'early';
}

/**
 * Opens the picture to be brought to the size `wanted`, and checks that the decoder sees the size that the header
 * promised: memory was planned by it.
 *
 * `failOn: 'error'` refuses what is cut off or fails a checksum and forgives what libraries only warn of (unknown tags,
 * odd Adobe markers), over all of shared/images; `limitInputPixels` holds the decoder to the header.
 */
export async function openPicture(bytes: Uint8Array, header: ImageHeader, wanted: Size): Promise<OpenPicture> {
  if (header.raw !== undefined) return openRaw(bytes, header, header.raw);
  const metadata = await sharp(bytes, { failOn: 'error', limitInputPixels: pixelsOf(header) }).metadata();
  checkSize(metadata, header);
  const { part } = header;
  const shrinks = part !== undefined || wanted.width * wanted.height < pixelsOf(header);
  const conversion = conversionOf(metadata, shrinks);
  const whole = sharp(bytes, {
    failOn: 'error',
    limitInputPixels: pixelsOf(header),
    autoOrient: true,
    ignoreIcc: conversion !== 'early',
  }).timeout({ seconds: decodeSeconds });
  const upright = part ? whole.extract({ left: part.x, top: part.y, width: part.width, height: part.height }) : whole;
  return { upright, hasAlpha: metadata.hasAlpha, conversion };
}

/** Pixels that were decoded before, or a part of them; the part costs no copy of the rest. */
function openRaw(pixels: Uint8Array, header: ImageHeader, channels: NonNullable<ImageHeader['raw']>): OpenPicture {
  const { storedWidth: width, storedHeight: height, part } = header;
  const whole = sharp(pixels, { raw: { width, height, channels }, limitInputPixels: width * height });
  const upright = part ? whole.extract({ left: part.x, top: part.y, width: part.width, height: part.height }) : whole;
  return { upright, hasAlpha: channels === 4, conversion: 'none' };
}

function pixelsOf(header: ImageHeader): number {
  return header.storedWidth * header.storedHeight;
}

function checkSize(metadata: Metadata, header: ImageHeader): void {
  const { width, height } = metadata.autoOrient;
  const promised = wholeSizeOf(header);
  const frameHeight = metadata.pageHeight ?? height; // animations: one page of the strip
  if (width === promised.width && (height === promised.height || frameHeight === promised.height)) return;
  const name = formatNames[header.format];
  throw Fault.expected(
    'corrupt_image',
    `a ${name} image of ${promised.width}×${promised.height} pixels, as its header says`,
    `one of ${width}×${height}`,
  );
}

function conversionOf({ icc, space, depth }: Metadata, shrinks: boolean): OpenPicture['conversion'] {
  if (space !== 'srgb' && space !== 'rgb16') return icc === undefined && space !== 'cmyk' ? 'none' : 'early';
  if (icc === undefined || isSrgb(icc)) return 'none';
  return shrinks || depth !== 'uchar' ? 'late' : 'early'; // 16 bits always: sharp 0.35 leaves them in Display P3
}
