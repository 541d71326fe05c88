import type { SegmentResult } from '../../domain/request.ts';
import type { Family } from './families.ts';

/** `results` of a reply: JSON that is written already. */
export interface ResultsJson {
  readonly json: string;
}

/** The three keys of every reply, in the order in which Flask sorts them, and the newline that it adds. */
export function statusReply(status: string, msg: string | object, results: ResultsJson | string): Buffer {
  const written = typeof results === 'string' ? JSON.stringify(results) : results.json;
  return Buffer.from(`{"msg":${JSON.stringify(msg)},"results":${written},"status":${JSON.stringify(status)}}\n`);
}

/** What the serving method of a family gives. Written by hand around the pictures: base64 needs no escaping. */
export function resultsOf({ shape }: Family, results: readonly SegmentResult[]): ResultsJson {
  const texts = results.map(({ answers }) => `"${base64Of(answers[0]?.bytes)}"`);
  if (shape === 'objects') return { json: `[${texts.map((text) => `{"data":${text}}`).join(',')}]` };
  const list = `[${texts.join(',')}]`;
  return { json: shape === 'data' ? `{"data":${list}}` : list };
}

export function base64Of(bytes: Uint8Array = new Uint8Array()): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}

export function notAvailable(module: string): string {
  return `Module ${module} is not available.`;
}

const oldDocument = 'https://github.com/PaddlePaddle/PaddleHub/blob/release/v1.6/docs/tutorial/serving.md';

export function outOfDate(module: string): string {
  const right = `please use 'application/json' as content-type to post to /predict/${module}`;
  return `This usage is out of date, ${right}. See '${oldDocument}' for more details.`;
}
