import { datatypeOf } from './datatypes.ts';
import type { InferOutput, InferReply } from './inferRequest.ts';
import { jsonData } from './jsonData.ts';
import type { HttpInferRequest } from './parseInfer.ts';
import { bytesOfTensor } from './rawBytes.ts';

export interface InferBody {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** A reply as JSON, with the bytes of those outputs behind it that are wanted as bytes. */
export async function formatInfer(reply: InferReply, request: HttpInferRequest): Promise<InferBody> {
  const { id, model, version } = reply;
  const head = { ...(id === '' ? {} : { id }), model_name: model, model_version: version };
  const json: Buffer[] = [Buffer.from(`${JSON.stringify(head).slice(0, -1)},"outputs":[`)];
  const binary: Uint8Array[] = [];
  for (const [index, output] of reply.outputs.entries()) {
    if (index > 0) json.push(Buffer.from(','));
    if (isBinary(output, request)) {
      const bytes = bytesOfTensor(output.tensor);
      binary.push(bytes);
      json.push(Buffer.from(JSON.stringify(frameOf(output, { binary_data_size: bytes.length }))));
    } else json.push(...(await withData(output)));
  }
  json.push(Buffer.from(']}'));
  const jsonBytes = json.reduce((sum, { length }) => sum + length, 0);
  const body = Buffer.concat([...json, ...binary]);
  if (binary.length === 0) return { headers: { 'content-type': 'application/json' }, body };
  const headers = { 'content-type': 'application/octet-stream', 'inference-header-content-length': String(jsonBytes) };
  return { headers, body };
}

function isBinary({ tensor }: InferOutput, { outputs, isBinaryOutput }: HttpInferRequest): boolean {
  return outputs.find(({ name }) => name === tensor.name)?.binary ?? isBinaryOutput;
}

function frameOf({ tensor, contentType }: InferOutput, parameters: Readonly<Record<string, string | number>>) {
  const datatype = tensor.type === 'bytes' ? 'BYTES' : datatypeOf(tensor.type);
  const all = { ...parameters, ...(contentType === undefined ? {} : { content_type: contentType }) };
  return {
    name: tensor.name,
    datatype,
    shape: tensor.dims,
    ...(Object.keys(all).length === 0 ? {} : { parameters: all }),
  };
}

async function withData(output: InferOutput): Promise<Buffer[]> {
  const { pieces, isBase64 } = await jsonData(output.tensor);
  const frame = JSON.stringify(frameOf(output, isBase64 ? { content_encoding: 'base64' } : {}));
  return [Buffer.from(`${frame.slice(0, -1)},"data":[`), ...pieces, Buffer.from(']}')];
}
