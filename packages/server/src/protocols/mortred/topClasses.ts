import type { TopClasses } from '@segserve/contract';
import type { Answer } from '../../domain/request.ts';

type ClassScore = TopClasses['classes'][number];

/** The classes of a `topk` answer, best first. */
function classesOf(answer: Answer | undefined): readonly ClassScore[] {
  if (answer === undefined) return [];
  const { bytes } = answer;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  return (JSON.parse(text) as TopClasses).classes;
}

export function bestClass(answer: Answer | undefined): ClassScore {
  return classesOf(answer)[0] ?? { id: -1, label: '', score: -1 };
}

/** In the order of the class indices, as a network gives them. */
export function classScores(answer: Answer | undefined): readonly number[] {
  return classesOf(answer)
    .toSorted((a, b) => a.id - b.id)
    .map(({ score }) => score);
}
