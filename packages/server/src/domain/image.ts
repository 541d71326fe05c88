import type { Region, Size } from './geometry.ts';

/** The encoded formats that are decoded here. */
export const imageFormats = ['jpeg', 'png', 'webp', 'avif', 'tiff', 'gif'] as const;
export type ImageFormat = (typeof imageFormats)[number];

/** What a picture's header says, read without touching a pixel. */
export interface ImageHeader {
  readonly format: ImageFormat;
  /** Size as stored, in pixels. */
  readonly storedWidth: number;
  readonly storedHeight: number;
  /** EXIF orientation 1…8; 1 when absent or out of range. */
  readonly orientation: number;
  /** Size as seen: sides swapped for orientations 5…8. */
  readonly width: number;
  readonly height: number;
  /** Present: only this part of the upright picture is looked at, and `width` and `height` are the part's. */
  readonly part?: Region;
  /** Present: the bytes are decoded already, 8-bit sRGB of so many channels, row by row; `format` says what they were. */
  readonly raw?: Pixels['channels'];
}

/** A picture that has not been decoded, and what its header says. */
export interface EncodedPicture {
  readonly image: Uint8Array;
  readonly header: ImageHeader;
}

/** The upright picture's size, whatever part of it is looked at. */
export function wholeSizeOf({ storedWidth, storedHeight, orientation }: ImageHeader): Size {
  const turned = orientation >= 5;
  return { width: turned ? storedHeight : storedWidth, height: turned ? storedWidth : storedHeight };
}

/** The header of the whole picture, whatever part of it was asked for. */
export function wholeHeader({ part: _, ...header }: ImageHeader): ImageHeader {
  return { ...header, ...wholeSizeOf(header) };
}

/** 8-bit pixels, row by row, channels interleaved. */
export interface Pixels {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** 1 grey or alpha, 3 RGB, 4 RGBA; sRGB. */
  readonly channels: 1 | 3 | 4;
}

/** One class index per pixel, row by row. */
export interface ClassMap {
  readonly data: Uint8Array | Uint16Array;
  readonly width: number;
  readonly height: number;
}
