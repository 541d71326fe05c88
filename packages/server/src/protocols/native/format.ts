import { fileExtensions } from '@segserve/contract';
import type { Answer, SegmentResult } from '../../domain/request.ts';
import { multipartMixed, type Part } from '../wire/multipartMixed.ts';
import type { ReplyShape } from './chooseAnswers.ts';

export interface SegmentReply {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | string;
}

/** A result as the bytes that go back. */
export function formatResult(result: SegmentResult, shape: ReplyShape): SegmentReply {
  const [only] = result.answers;
  if (shape === 'bytes' && only !== undefined) {
    return { headers: { 'content-type': only.contentType, ...disposition(only, 'inline') }, body: bytesOf(only) };
  }
  return shape === 'json' ? asJson(result) : asMultipart(result);
}

function asMultipart({ answers }: SegmentResult): SegmentReply {
  const { contentType, body } = multipartMixed(answers.map((answer) => answerPart(answer)));
  return { headers: { 'content-type': contentType }, body };
}

/** One answer as a part; `before` stands before its name where there are several of its kind. */
export function answerPart(answer: Answer, before = ''): Part {
  return {
    headers: {
      'Content-Type': answer.contentType,
      'Content-Disposition': `attachment; name="${before}${answer.kind}"; filename="${before}${fileName(answer)}"`,
      'Content-Length': String(answer.bytes.length),
    },
    bytes: answer.bytes,
  };
}

function asJson(result: SegmentResult): SegmentReply {
  return { headers: { 'content-type': 'application/json; charset=utf-8' }, body: resultText(result) };
}

/** Written by hand around the answers: base64 needs no escaping and JSON answers are JSON already. */
export function resultText({ model, width, height, answers, timings, stages }: SegmentResult): string {
  const items = answers.map((answer) => {
    const data =
      answer.format === 'json' || answer.format === 'geojson'
        ? bytesOf(answer).toString('utf8')
        : `"${bytesOf(answer).toString('base64')}"`;
    return `{"answer":"${answer.kind}","contentType":${JSON.stringify(answer.contentType)},"data":${data}}`;
  });
  const head = JSON.stringify({ model, width, height }).slice(0, -1);
  const ofStages = stages === undefined ? '' : `,"stages":${JSON.stringify(stages)}`;
  return `${head},"answers":[${items.join(',')}],"timings":${JSON.stringify(timings)}${ofStages}}`;
}

function disposition(answer: Answer, how: 'inline'): Record<string, string> {
  return { 'content-disposition': `${how}; filename="${fileName(answer)}"` };
}

function fileName({ kind, format }: Answer): string {
  return `${kind}.${fileExtensions[format]}`;
}

function bytesOf({ bytes }: Answer): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
