import { mediaTypes } from '@segserve/contract';
import { Fault } from '../../domain/fault.ts';
import { multipartMixed } from '../wire/multipartMixed.ts';
import { preferredType } from '../wire/negotiate.ts';
import type { ReplyShape } from './chooseAnswers.ts';
import { problemOf } from './faults.ts';
import { answerPart, resultText, type SegmentReply } from './format.ts';
import type { PictureOutcome } from './segmentSeveral.ts';

const multipartType = 'multipart/mixed';

/** How the answers of several pictures are packed: by `response`, or else by Accept. Throws Fault `not_acceptable`. */
export function severalShape(accept: string | undefined, response: 'json' | 'multipart' | undefined): ReplyShape {
  if (response !== undefined) return response;
  const types = [multipartType, mediaTypes.json];
  const type = preferredType(accept, types);
  if (type !== undefined) return type === multipartType ? 'multipart' : 'json';
  const expected = `Accept to allow one of ${types.join(', ')} for several pictures`;
  throw Fault.expected('not_acceptable', expected, (accept ?? '').slice(0, 120));
}

/** Every picture's answers, and in place of those that failed why; counted from 1, in the order of the request. */
export function formatSeveral(outcomes: readonly PictureOutcome[], shape: ReplyShape, requestId: string): SegmentReply {
  return shape === 'json' ? asJson(outcomes, requestId) : asMultipart(outcomes, requestId);
}

function asMultipart(outcomes: readonly PictureOutcome[], requestId: string): SegmentReply {
  const parts = outcomes.flatMap((outcome, at) => {
    const index = at + 1;
    if ('result' in outcome) return outcome.result.answers.map((answer) => answerPart(answer, `${index}-`));
    const bytes = Buffer.from(JSON.stringify(problemAt(outcome.fault, index, requestId)));
    const headers = {
      'Content-Type': 'application/problem+json',
      'Content-Disposition': `attachment; name="${index}-problem"; filename="${index}-problem.json"`,
      'Content-Length': String(bytes.length),
    };
    return [{ headers, bytes }];
  });
  const { contentType, body } = multipartMixed(parts);
  return { headers: { 'content-type': contentType }, body };
}

function asJson(outcomes: readonly PictureOutcome[], requestId: string): SegmentReply {
  const items = outcomes.map((outcome, at) => {
    const index = at + 1;
    if ('result' in outcome) return `{"index":${index},${resultText(outcome.result).slice(1)}`;
    return JSON.stringify({ index, problem: problemAt(outcome.fault, index, requestId) });
  });
  return {
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: `{"images":[${items.join(',')}]}`,
  };
}

function problemAt(fault: Fault, index: number, requestId: string) {
  return { ...problemOf(fault, requestId), index };
}
