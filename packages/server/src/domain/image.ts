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
