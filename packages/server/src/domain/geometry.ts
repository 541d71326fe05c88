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

/**
 * How a picture stands in the model's input: the input's size, and the region that the picture fills. A region that is
 * larger than the input is cut to it.
 */
export interface Placement {
  readonly input: Size;
  readonly region: Region;
}

type InputRule = Pick<ManifestInput, 'size' | 'fit'> & Partial<Pick<ManifestInput, 'cropShare' | 'align'>>;

/**
 * Where a picture of `picture`'s size (≥ 1×1) lands in the model's input. Sides are at least one `multiple` and never
 * above the rule's `maxSide`, rounded down to the multiple there.
 */
export function place(picture: Size, input: InputRule): Placement {
  const size = inputSize(picture, input.size);
  if (input.fit === 'stretch') return { input: size, region: { x: 0, y: 0, ...size } };
  if (input.fit === 'crop') return { input: size, region: aroundMiddle(picture, size, input.cropShare ?? 1) };
  const scale = Math.min(size.width / picture.width, size.height / picture.height);
  const width = clamp(Math.round(picture.width * scale), 1, size.width);
  const height = clamp(Math.round(picture.height * scale), 1, size.height);
  if (input.align === 'topLeft') return { input: size, region: { x: 0, y: 0, width, height } };
  const x = Math.floor((size.width - width) / 2);
  const y = Math.floor((size.height - height) / 2);
  return { input: size, region: { x, y, width, height } };
}

/** The picture just fills the input ÷ share with its aspect ratio kept; the input is the middle of that. */
function aroundMiddle(picture: Size, input: Size, share: number): Region {
  const scale = Math.max(input.width / share / picture.width, input.height / share / picture.height);
  const width = Math.max(Math.round(picture.width * scale), input.width);
  const height = Math.max(Math.round(picture.height * scale), input.height);
  return { x: -Math.round((width - input.width) / 2), y: -Math.round((height - input.height) / 2), width, height };
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
