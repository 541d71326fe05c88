/** The types of TIFF 6.0 section 2 that are read and written here. */
export const tiffTypes = { byte: 1, ascii: 2, short: 3, long: 4, double: 12, long8: 16 } as const;
export type TiffType = keyof typeof tiffTypes;

export const tiffTypeBytes: Readonly<Record<TiffType, number>> = {
  byte: 1,
  ascii: 1,
  short: 2,
  long: 4,
  double: 8,
  long8: 8,
};

/** One tag of a directory. Text stands as its bytes, the closing NUL included. */
export interface TiffField {
  readonly tag: number;
  readonly type: TiffType;
  readonly values: readonly number[];
}
