import type { AnswerFormat, AnswerKind } from '@segserve/contract';

/** Answers that are made row by row, so that a picture of any size can have them, and in which formats. */
export const rowAnswers: Readonly<Partial<Record<AnswerKind, readonly AnswerFormat[]>>> = {
  labels: ['png', 'tiff'],
  color: ['png', 'tiff'],
  alpha: ['png', 'tiff'],
  stats: ['json'],
  polygons: ['json'],
  geojson: ['geojson'],
  coco: ['json'],
  labelstudio: ['json'],
  yolo: ['txt'],
  svg: ['svg'],
};

export function isRowAnswer({ kind, format }: { readonly kind: AnswerKind; readonly format: AnswerFormat }): boolean {
  return rowAnswers[kind]?.includes(format) ?? false;
}
