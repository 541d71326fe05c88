import { isUtf8 } from 'node:buffer';
import type { TopClasses } from '@segserve/contract';
import type { Engine } from '../../domain/engineDoor.ts';
import { Fault } from '../../domain/fault.ts';
import type { AnswerRequest, SegmentResult } from '../../domain/request.ts';
import { answerRequestOf, paletteAnswer } from './answerRequest.ts';
import type { BentoApi } from './bundle.ts';
import { jsonAnswer } from './jsonAnswer.ts';
import { type JsonBody, jsonBase64, jsonObject, jsonText } from './jsonBody.ts';
import { classReader, nestedList } from './nestedList.ts';
import { readNpy } from './npyArray.ts';
import type { ApiInput, Upload } from './parseRequest.ts';
import { type JsonStyle, pythonJson, restyleJson } from './pythonJson.ts';
import { rowText } from './tensorText.ts';

/** What a call needs besides its input. */
export interface ApiCall {
  readonly engine: Engine;
  readonly api: BentoApi;
  readonly style: JsonStyle;
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
  readonly requestId?: string;
  /** Takes a picture of each input in class colours, made by the same inference. */
  readonly keepPicture?: (upload: Upload, png: Uint8Array) => Promise<void>;
}

export interface ApiResult {
  readonly json: JsonBody;
  /** Pictures that shared the inference; 0 when there was none. */
  readonly batchSize: number;
}

/** Bytes of an echo: they are made text in one go. */
const echoBytesMax = 1024 * 1024;

/** The service's function: from what the adapter took to the JSON that the output adapter gives. Throws Fault. */
export async function callApi(input: ApiInput, call: ApiCall): Promise<ApiResult> {
  const { payload } = call.api;
  if (input.kind === 'json') return withoutInference(restyleJson(input.text, call.style));
  if (payload === 'echo' && input.kind === 'file') return echo(input.upload, call);
  if (payload === 'same' && input.kind === 'files') return withoutInference(String(allSame(input.uploads)));
  if (input.kind === 'file') return onPicture(input.upload, call);
  const results = await Promise.all(input.uploads.map((upload) => onPicture(upload, call)));
  const entries = results.map(({ json }, index) => {
    return [pythonJson(input.uploads[index]!.name, call.style), json] as const;
  });
  return { json: jsonObject(entries), batchSize: Math.max(0, ...results.map(({ batchSize }) => batchSize)) };
}

function withoutInference(text: string): ApiResult {
  return { json: jsonText(text), batchSize: 0 };
}

function echo({ bytes }: Upload, { style }: ApiCall): ApiResult {
  if (bytes.length > echoBytesMax) {
    throw Fault.expected('body_too_large', `at most ${echoBytesMax} bytes to echo`, `${bytes.length}`);
  }
  if (isUtf8(bytes)) return withoutInference(pythonJson(bytes.toString('utf8'), style));
  return { json: jsonBase64(bytes), batchSize: 0 };
}

/** Whether the named files are the same byte for byte; pictures that only look the same are not. */
function allSame([first, ...others]: readonly Upload[]): boolean {
  return first === undefined || others.every(({ bytes }) => bytes.equals(first.bytes));
}

async function onPicture(upload: Upload, call: ApiCall): Promise<ApiResult> {
  const { engine, api, deadlineMs, signal, requestId, keepPicture } = call;
  const answers: AnswerRequest[] = [answerRequestOf(api)];
  if (keepPicture) answers.push(paletteAnswer);
  const result = await engine.segment({
    model: api.model,
    image: upload.bytes,
    answers,
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
    ...(signal === undefined ? {} : { signal }),
    ...(requestId === undefined ? {} : { requestId }),
  });
  const [, picture] = result.answers;
  if (picture) await keepPicture?.(upload, picture.bytes);
  return { json: await jsonOfResult(result, call), batchSize: result.batchSize };
}

async function jsonOfResult({ answers, height, width }: SegmentResult, { api, style }: ApiCall): Promise<JsonBody> {
  const bytes = answers[0]?.bytes;
  if (bytes === undefined) throw new TooFewResults();
  switch (api.payload) {
    case 'shape':
      return jsonText(`[${height}, ${width}, 3]`);
    case 'png':
      return jsonBase64(bytes);
    case 'label':
      return jsonText(pythonJson(bestLabel(bytes), style));
    case 'json':
      return jsonAnswer(bytes, style);
    case 'reference': {
      const array = readNpy(bytes);
      const row = Array.from(array.data.subarray(0, array.width), classReader(array, api.threshold));
      return jsonText(pythonJson({ unknown_obj: rowText(row) }, style));
    }
    default:
      return nestedList(readNpy(bytes), api.threshold);
  }
}

/** The engine gave fewer answers than it was asked for. */
export class TooFewResults extends Error {
  constructor() {
    super("The return values of Api Function doesn't match tasks");
    this.name = 'TooFewResults';
  }
}

function bestLabel(bytes: Uint8Array): string {
  const { classes } = JSON.parse(Buffer.from(bytes).toString('utf8')) as TopClasses;
  const best = classes[0];
  if (best === undefined) throw new TooFewResults();
  return best.label;
}
