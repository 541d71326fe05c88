import type { ManifestInput, SizeRule } from '@segserve/contract';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A rectangle in whole pixels. */
export interface Region extends Size {
  readonly x: number;
  readonly y: number;
}

/** How a picture stands in the model's input: the input's size, and the region that the picture fills. */
export interface Placement {
  readonly input: Size;
  readonly region: Region;
}

/**
 * Where a picture of `picture`'s size (≥ 1×1) lands in the model's input. Sides are at least one `multiple` and never
 * above the rule's `maxSide`, rounded down to the multiple there.
 */
export function place(picture: Size, input: Pick<ManifestInput, 'size' | 'fit'>): Placement {
  const size = inputSize(picture, input.size);
  if (input.fit === 'stretch') return { input: size, region: { x: 0, y: 0, ...size } };
  const scale = Math.min(size.width / picture.width, size.height / picture.height);
  const width = clamp(Math.round(picture.width * scale), 1, size.width);
  const height = clamp(Math.round(picture.height * scale), 1, size.height);
  const x = Math.floor((size.width - width) / 2);
  const y = Math.floor((size.height - height) / 2);
  return { input: size, region: { x, y, width, height } };
}

function inputSize(picture: Size, rule: SizeRule): Size {
  switch (rule.rule) {
    case 'fixed':
      return { width: rule.width, height: rule.height };
    case 'shortSide':
      return scaled(picture, rule.pixels / Math.min(picture.width, picture.height), rule);
    case 'longSide':
      return scaled(picture, rule.pixels / Math.max(picture.width, picture.height), rule);
    case 'free':
      return scaled(picture, Math.min(1, rule.maxSide / Math.max(picture.width, picture.height)), rule);
  }
}

function scaled(picture: Size, scale: number, rule: { multiple: number; maxSide: number }): Size {
  const most = Math.max(rule.multiple, Math.floor(rule.maxSide / rule.multiple) * rule.multiple);
  const side = (length: number) =>
    clamp(Math.round((length * scale) / rule.multiple) * rule.multiple, rule.multiple, most);
  return { width: side(picture.width), height: side(picture.height) };
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
