import type { AnswerRequest } from '../../domain/request.ts';

export type FamilyName = 'humanseg' | 'deeplab' | 'parsing' | 'semantic' | 'matting' | 'plainMatting' | 'trimapMatting';

/** What `visualization` writes of one picture. */
export interface SavedPicture {
  readonly answer: AnswerRequest;
  /** Below the folder that the request names. */
  readonly folder: '' | 'image' | 'mask';
}

/** Modules that are asked and answer in the same way. */
export interface Family {
  /** The method behind the serving method: whatever else the request holds becomes its keyword arguments. */
  readonly method: 'segment' | 'segmentation' | 'predict';
  /** Keyword arguments of the serving method itself that must be there. */
  readonly required: readonly string[];
  /** Keyword arguments that may be there. */
  readonly optional: readonly string[];
  readonly answer: AnswerRequest;
  /** `[{"data": …}]`, `["…"]` or `{"data": ["…"]}`. */
  readonly shape: 'objects' | 'texts' | 'data';
  readonly saved: readonly SavedPicture[];
  /** The argument that names the folder for saved pictures, and how these are called. */
  readonly folderKey: 'output_dir' | 'save_path';
  readonly savedName: 'source' | 'clock';
}

/** OpenCV's own quality where none is given. */
const quality = 95;
const images = ['images'];
const withPaths = ['paths', 'batch_size', 'use_gpu', 'visualization', 'output_dir'];
const cutout: AnswerRequest = { kind: 'cutout', format: 'png', keepColors: true, decontaminate: false };
const alphaPng: AnswerRequest = { kind: 'alpha', format: 'png' };
/** The 8-bit opacity below which deeplabv3p_xception65_humanseg takes a pixel for background: max(0, v − 120) · 255 / 135. */
const levels = { from: 120, to: 255 };

const matting = {
  method: 'predict',
  required: images,
  answer: alphaPng,
  shape: 'data',
  saved: [{ answer: alphaPng, folder: '' }],
  folderKey: 'save_path',
  savedName: 'clock',
} as const satisfies Partial<Family>;

export const families: Readonly<Record<FamilyName, Family>> = {
  humanseg: {
    method: 'segment',
    required: images,
    optional: withPaths,
    answer: { kind: 'alpha', format: 'jpeg', quality },
    shape: 'objects',
    saved: [{ answer: cutout, folder: '' }],
    folderKey: 'output_dir',
    savedName: 'source',
  },
  deeplab: {
    method: 'segmentation',
    required: images,
    optional: [...withPaths, 'data'],
    answer: { kind: 'alpha', format: 'jpeg', quality, levels },
    shape: 'objects',
    saved: [{ answer: { ...cutout, levels }, folder: '' }],
    folderKey: 'output_dir',
    savedName: 'source',
  },
  parsing: {
    method: 'segmentation',
    required: images,
    optional: [...withPaths, 'data'],
    answer: { kind: 'labels', format: 'jpeg', quality },
    shape: 'objects',
    saved: [{ answer: { kind: 'color', format: 'png' }, folder: '' }],
    folderKey: 'output_dir',
    savedName: 'source',
  },
  semantic: {
    method: 'predict',
    required: images,
    optional: ['batch_size', 'visualization', 'save_path'],
    answer: { kind: 'labels', format: 'jpeg', quality },
    shape: 'texts',
    saved: [
      { answer: { kind: 'overlay', format: 'png', opacity: 0.4 }, folder: 'image' },
      { answer: { kind: 'color', format: 'png' }, folder: 'mask' },
    ],
    folderKey: 'save_path',
    savedName: 'clock',
  },
  matting: { ...matting, optional: ['trimaps', 'visualization', 'save_path'] },
  plainMatting: { ...matting, optional: ['visualization', 'save_path'] },
  trimapMatting: {
    ...matting,
    required: ['images', 'trimaps'],
    optional: ['visualization', 'save_path'],
    answer: { kind: 'alpha', format: 'jpeg', quality },
  },
};
