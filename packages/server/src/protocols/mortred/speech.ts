import type { Answer, AnswerRequest } from '../../domain/request.ts';
import { huePalette, randomPalette } from './palettes.ts';
import type { Task } from './servers.ts';
import type { Profile } from './settings.ts';
import { bestClass, classScores } from './topClasses.ts';

/** What a task asks of the engine and makes of the answers, in one profile. JSON is written as text: base64 needs no escaping. */
export interface Speech {
  /** Empty: segserve has no such models. */
  readonly answers: () => readonly AnswerRequest[];
  readonly data: (answers: readonly Answer[]) => string;
  /** `data` of a reply that has none to give; profile c always says null. */
  readonly empty: string;
}

const labels: AnswerRequest = { kind: 'labels', format: 'png' };
const alpha: AnswerRequest = { kind: 'alpha', format: 'png' };

/** Where segserve has no model: the engine is never asked, so there is nothing to write but `empty`. */
const noModel = (empty: string): Speech => ({ answers: () => [], data: () => empty, empty });

/** An object whose fields are the answers as base64, in their order. */
function pictures(fields: readonly string[], answers: () => readonly AnswerRequest[]): Speech {
  const write = (texts: readonly string[]) =>
    `{${fields.map((field, index) => `"${field}":"${texts[index] ?? ''}"`).join(',')}}`;
  return { answers, data: (given) => write(given.map(base64Of)), empty: write([]) };
}

const classification: Speech = {
  answers: () => [{ kind: 'topk', topK: 1 }],
  data: ([answer]) => {
    const { id, score } = bestClass(answer);
    return `{"class_id":${id},"scores":${floatText(score)}}`;
  },
  empty: '{"class_id":-1,"scores":-1.0}',
};

/** Every field that eras A and B have in common. */
const commonOfAB = {
  matting: pictures(['segment_result'], () => [alpha]),
  classification,
  enhancement: noModel('{"enhance_result":""}'),
  mono_depth_estimation: noModel('{"estimate_result":""}'),
  obj_detection: noModel('[]'),
  ocr: noModel('[]'),
  feature_point: noModel('[]'),
  diffusion: noModel('{}'),
  llm: noModel('{}'),
} as const;

const noneInC = noModel('null');

export const speeches: Readonly<Record<Profile, Readonly<Record<Task, Speech>>>> = {
  a: { ...commonOfAB, scene_segmentation: pictures(['segment_result'], () => [labels]) },
  b: {
    ...commonOfAB,
    scene_segmentation: pictures(['segment_result', 'colorized_seg_mask'], () => [
      labels,
      { kind: 'color', format: 'png', trueColor: true, colors: randomPalette() },
    ]),
  },
  c: {
    scene_segmentation: pictures(['image', 'colorized_mask'], () => [
      labels,
      { kind: 'color', format: 'png', trueColor: true, colors: huePalette },
    ]),
    matting: pictures(['image'], () => [alpha]),
    classification: {
      answers: () => [{ kind: 'topk', topK: 1000 }],
      data: ([answer]) => {
        const { id, label } = bestClass(answer);
        const scores = classScores(answer).map(floatText).join(',');
        return `{"class_id":${id},"category":${JSON.stringify(label)},"scores":[${scores}]}`;
      },
      empty: 'null',
    },
    enhancement: noneInC,
    mono_depth_estimation: noneInC,
    obj_detection: noneInC,
    ocr: noneInC,
    feature_point: noneInC,
    diffusion: noneInC,
    llm: noneInC,
  },
};

function base64Of({ bytes }: Answer): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

/** A number that is a float in the predecessor keeps its point: 1.0, not 1. */
function floatText(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value);
}
