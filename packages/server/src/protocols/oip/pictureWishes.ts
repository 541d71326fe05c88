import { type AnswerKind, answerKinds, type ModelDetail } from '@segserve/contract';
import { Fault } from '../../domain/fault.ts';
import { foregroundKinds, matteOptions } from '../../domain/matteOptions.ts';
import { regionKinds, regionOptions } from '../../domain/regionOptions.ts';
import type { AnswerRequest } from '../../domain/request.ts';
import type { InferRequest } from './inferRequest.ts';
import { formatOf, type PictureOptions } from './pictureOptions.ts';

/** What an answer is when nobody names one; of other tasks the class map, or whatever they have. */
const ownAnswers: Readonly<Partial<Record<ModelDetail['task'], AnswerKind>>> = {
  matting: 'alpha',
  classification: 'topk',
  instance: 'instances',
  panoptic: 'instances',
};
/** Answers whose numbers the answer `tensor` holds. */
const rawAnswers: Readonly<Partial<Record<ModelDetail['task'], AnswerKind>>> = {
  semantic: 'labels',
  instance: 'labels',
  panoptic: 'labels',
  matting: 'alpha',
};
const rawFormat = 'raw';

/** An output that is wanted of each picture. */
export interface PictureWish {
  /** As the output is called. */
  readonly name: string;
  readonly request: AnswerRequest;
  /** Whether its numbers are wanted instead of its bytes. */
  readonly isRaw: boolean;
}

/** The outputs that a request wants of its pictures. Throws Fault. */
export function wishesOf(model: ModelDetail, { outputs }: InferRequest, wanted: PictureOptions): PictureWish[] {
  const classification = outputs.find((output) => output.classification > 0);
  if (classification !== undefined) {
    const message = `"${classification.name}" is made of a picture and cannot be classified; ask for the graph's own outputs with its own inputs.`;
    throw new Fault('invalid_request', message);
  }
  const named = [...new Set(outputs.map(({ name }) => name))];
  const absent = named.find((name) => wanted.answers !== undefined && !wanted.answers.includes(name));
  if (absent !== undefined) {
    throw Fault.expected('invalid_request', `outputs among \`answer\` (${wanted.answers!.join(', ')})`, absent);
  }
  const names = named.length > 0 ? named : [...new Set(wanted.answers ?? [ownAnswer(model)])];
  return names.map((name) => wishOf(model, knownAnswer(model, name), wanted));
}

function ownAnswer({ name, task, answers }: ModelDetail): AnswerKind {
  const wanted = ownAnswers[task] ?? 'labels';
  const answer = answers.includes(wanted) ? wanted : answers[0];
  if (answer === undefined) throw new Fault('unknown_answer', `${name} gives no answers to pictures.`);
  return answer;
}

function knownAnswer(model: ModelDetail, name: string): AnswerKind {
  const kind = answerKinds.find((one) => one === name);
  if (kind !== undefined && model.answers.includes(kind)) return kind;
  const names = model.answers.join(', ');
  throw Fault.expected('unknown_answer', `outputs of "image" to be answers of the model (${names})`, name.slice(0, 60));
}

function wishOf(model: ModelDetail, kind: AnswerKind, { format, shared, own }: PictureOptions): PictureWish {
  if (format === rawFormat) return rawWish(model, kind);
  const { quality, opacity, classes, topK } = shared;
  const { decontaminate, background, blur, band, tolerance, minArea, cocoMask } = shared;
  const namesClasses = foregroundKinds.includes(kind) || regionKinds.includes(kind);
  const request: AnswerRequest = {
    kind,
    format: formatOf(kind, format, background),
    ...own,
    ...(quality === undefined ? {} : { quality }),
    ...(opacity === undefined || (kind !== 'overlay' && kind !== 'svg') ? {} : { opacity }),
    ...(classes === undefined || !namesClasses ? {} : { classes }),
    ...(topK === undefined || kind !== 'topk' ? {} : { topK }),
    ...matteOptions(kind, { decontaminate, background, blur, band }),
    ...regionOptions(kind, { tolerance, minArea, cocoMask }),
  };
  return { name: kind, request, isRaw: false };
}

function rawWish(model: ModelDetail, kind: AnswerKind): PictureWish {
  const known = [rawAnswers[model.task], 'tensor' as const].filter((one) => one !== undefined);
  if (model.answers.includes('tensor') && known.includes(kind)) {
    return { name: kind, request: { kind: 'tensor', format: 'npy' }, isRaw: true };
  }
  const names = model.answers.includes('tensor') ? `the answer ${known.join(' or ')}` : 'no answer';
  throw Fault.expected('invalid_request', `${names} with \`format\` raw, of this model`, kind);
}
