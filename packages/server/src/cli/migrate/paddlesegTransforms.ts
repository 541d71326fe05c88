import type { ManifestSource } from '@segserve/contract';
import { Fault } from '../../domain/fault.ts';

type Input = ManifestSource['input'];
export type Section = Readonly<Record<string, unknown>>;
export interface Transform extends Section {
  readonly type: string;
}
export type Note = (key: string, says: string) => void;

/** What the transforms so far make of a picture, in the words of model.yaml. */
interface Made {
  size: Input['size'];
  fit: NonNullable<Input['fit']>;
  kernel: NonNullable<Input['kernel']>;
  multiple: number;
  mean: [number, number, number];
  std: [number, number, number];
  normalized: boolean;
  channels: 'rgb' | 'bgr';
}

/** One transform of a deploy.yaml, with what it needs to complain. */
interface Step {
  readonly transform: Transform;
  readonly made: Made;
  readonly at: string;
  readonly file: string;
  readonly note: Note;
}

/** `input` of model.yaml as the transforms of a deploy.yaml say it, in their order. Throws Fault `config_invalid`. */
export function inputOf(transforms: readonly Transform[], inputShape: unknown, file: string, note: Note): Input {
  const made: Made = {
    size: { rule: 'free' },
    fit: 'stretch',
    kernel: 'linear',
    multiple: 1,
    mean: [0, 0, 0],
    std: [1, 1, 1],
    normalized: false,
    channels: 'rgb',
  };
  for (const transform of transforms) {
    const at = `Deploy.transforms ${transform.type}`;
    const apply = appliers[transform.type];
    if (apply === undefined) note(at, 'has no counterpart in model.yaml.');
    else apply({ transform, made, at, file, note });
  }
  if (!made.normalized) {
    note('Deploy.transforms', 'none normalises: values go to 0…1 here; set `scale: 1` where the graph wants 0…255.');
  }
  return {
    ...(made.channels === 'rgb' ? {} : { channels: made.channels }),
    size: sizeOf(made, inputShape, note),
    ...(made.fit === 'stretch' ? {} : { fit: made.fit }),
    ...(made.kernel === 'linear' ? {} : { kernel: made.kernel }),
    mean: made.mean,
    std: made.std,
  };
}

/** A graph that was exported for one size takes no other. */
function sizeOf({ size, multiple }: Made, inputShape: unknown, note: Note): Input['size'] {
  if (size.rule === 'fixed') return size;
  const [, , height, width] = Array.isArray(inputShape) ? (inputShape as unknown[]) : [];
  if (typeof height === 'number' && typeof width === 'number') {
    note('Deploy.input_shape', `the graph takes ${width}×${height} only, so the size is fixed.`);
    return { rule: 'fixed', width, height };
  }
  return multiple > 1 ? { ...size, multiple } : size;
}

const kernels: Readonly<Record<string, Made['kernel']>> = {
  NEAREST: 'nearest',
  LINEAR: 'linear',
  CUBIC: 'cubic',
  LANCZOS4: 'lanczos',
};

const appliers: Readonly<Record<string, (step: Step) => void>> = {
  LoadImages({ transform, made }) {
    made.channels = transform.to_rgb === false ? 'bgr' : 'rgb';
  },
  Resize(step) {
    const { transform, made, at, note } = step;
    const [width, height] = pairOf(step, 'target_size', [512, 512]);
    made.size = { rule: 'fixed', width, height };
    made.kernel = kernels[String(transform.interp ?? 'LINEAR')] ?? 'linear';
    if (transform.keep_ratio === true) {
      made.fit = 'letterbox';
      note(`${at}.keep_ratio`, 'becomes a letterbox: the rest of the frame is padded.');
    }
    if (typeof transform.size_divisor === 'number') {
      note(`${at}.size_divisor`, 'the size is fixed here; check that it is a multiple.');
    }
  },
  ResizeByLong(step) {
    step.made.size = { rule: 'longSide', pixels: wholeOf(step, 'long_size') };
  },
  ResizeByShort(step) {
    const { max_size: most } = step.transform;
    const bound = typeof most === 'number' && most <= sideMax ? { maxSide: most } : {};
    step.made.size = { rule: 'shortSide', pixels: wholeOf(step, 'short_size'), ...bound };
  },
  LimitLong(step) {
    const { transform, made, at, note } = step;
    if (typeof transform.min_long === 'number') note(`${at}.min_long`, 'small pictures are not enlarged.');
    if (typeof transform.max_long === 'number') made.size = { rule: 'free', maxSide: wholeOf(step, 'max_long') };
  },
  LimitShort(step) {
    const { transform, made, at, note } = step;
    if (typeof transform.min_short === 'number') note(`${at}.min_short`, 'small pictures are not enlarged.');
    if (typeof transform.max_short !== 'number') return;
    made.size = { rule: 'shortSide', pixels: wholeOf(step, 'max_short') };
    note(`${at}.max_short`, 'every picture is brought to this short side; the original leaves smaller ones alone.');
  },
  ResizeToIntMult(step) {
    step.made.multiple = wholeOf(step, 'mult_int', 32);
    step.note(`${step.at}.mult_int`, 'sides go to the nearest multiple; the original rounds down.');
  },
  Normalize(step) {
    step.made.mean = tripleOf(step, 'mean');
    step.made.std = tripleOf(step, 'std');
    step.made.normalized = true;
  },
  Padding(step) {
    const [width, height] = pairOf(step, 'target_size');
    step.made.size = { rule: 'fixed', width, height };
    step.made.fit = 'letterbox';
    step.note(step.at, 'becomes a letterbox; set `pad` to the colour of the padding where it is not black.');
  },
};

/** The longest side that a manifest may name. */
const sideMax = 16_384;

function wholeOf(step: Step, key: string, otherwise?: number): number {
  return whole(step.transform[key] ?? otherwise, step, key);
}

function whole(value: unknown, { at, file }: Step, key: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= sideMax) return value;
  throw wrong(file, `${at}.${key}`, `a whole number from 1 to ${sideMax}`, value);
}

function pairOf(step: Step, key: string, otherwise?: readonly number[]): [number, number] {
  const value = step.transform[key] ?? otherwise;
  if (Array.isArray(value) && value.length === 2) return [whole(value[0], step, key), whole(value[1], step, key)];
  throw wrong(step.file, `${step.at}.${key}`, 'a list of width and height', value);
}

/** One number stands for all three channels. */
function tripleOf({ transform, at, file }: Step, key: string): [number, number, number] {
  const value: unknown = transform[key] ?? 0.5;
  const list: unknown[] = Array.isArray(value) ? value : [value];
  const numbers = list.length === 1 ? [list[0], list[0], list[0]] : list;
  const right = numbers.length === 3 && numbers.every((number) => typeof number === 'number');
  if (right) return numbers as [number, number, number];
  throw wrong(file, `${at}.${key}`, 'three numbers, or one for all channels', value);
}

export function wrong(file: string, key: string, expected: string, found: unknown): Fault {
  return Fault.expected('config_invalid', `${file}: ${key} to be ${expected}`, JSON.stringify(found) ?? 'nothing');
}
