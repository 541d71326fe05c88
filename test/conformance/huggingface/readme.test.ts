import { test } from 'node:test';
import { Fault } from '../../../packages/server/src/domain/fault.ts';
import { assertRecorded, code, type Exchange, groupedFaults } from '../../support/recordedExchanges.ts';
import { type HuggingfaceReply, huggingfaceServer, photo } from './huggingfaceServer.ts';

const models = { 'nvidia/street': 'street', 'org/things': 'things' };
const server = await huggingfaceServer({ settings: { models, loadWaitMs: 0 } });
const guarded = await huggingfaceServer({ settings: { token: 'hf_secret' } });
const picture = await photo();
const inputs = picture.toString('base64');

function shown({ status, headers, text }: HuggingfaceReply): string {
  const retry = headers['retry-after'];
  const also = retry === undefined ? '' : `, Retry-After: ${String(retry)},`;
  return `${status}${also} ${code(text.replaceAll(/"mask":"[^"]+"/g, '"mask":"…"'))}`;
}

async function row(says: string, path: string, body: unknown, place = server): Promise<Exchange> {
  const sent = body === picture ? 'a picture' : code(body === '' ? 'nothing' : JSON.stringify(body));
  const received = shown(await place.post(path, body));
  return { says, sent: `${code(`POST ${path}`)} ${sent.replaceAll(inputs, '…')}`, received };
}

async function get(says: string, path: string): Promise<Exchange> {
  return { says, sent: code(`GET ${path}`), received: shown(await server.ask(path)) };
}

async function faultRows(): Promise<Exchange[]> {
  const groups = await groupedFaults(async (fault) => {
    server.engine.instead = () => Promise.reject(new Fault(fault, 'Why.'));
    const reply = await server.post('/', picture);
    server.engine.instead = undefined;
    return shown(reply);
  });
  return groups.map(({ faults, reply }) => ({
    says: `the engine answers ${faults.map(code).join(', ')}`,
    sent: 'a picture',
    received: reply,
  }));
}

async function laterRow(says: string, fault: Fault): Promise<Exchange> {
  server.engine.instead = () => Promise.reject(fault);
  const received = shown(await server.post('/', picture));
  server.engine.instead = undefined;
  return { says, sent: 'a picture', received };
}

test('The README shows what the wire answers', { timeout: 20_000 }, async () => {
  assertRecorded('huggingface', [
    await row('a matte', '/', picture),
    await row('classes', '/models/nvidia/street', { inputs, parameters: { threshold: 0.5 } }),
    await row('instances', '/hf-inference/models/org/things', { inputs, parameters: { subtask: 'instance' } }),
    await row('no instances', '/', { inputs, parameters: { subtask: 'instance' } }),
    await row('no such subtask', '/', { inputs, parameters: { subtask: 'depth' } }),
    await row('a number out of range', '/', { inputs, parameters: { threshold: 2 } }),
    await row('no picture', '/', { parameters: {} }),
    await row('no base64', '/', { inputs: '~' }),
    await row('an address where none are allowed', '/', { inputs: 'https://example.org/photo.jpg' }),
    await row('an empty body', '/', ''),
    await row('no such model', '/models/no/body', picture),
    await row('no model for masks', '/models/sorter', picture),
    await row('no token', '/', picture, guarded),
    await get('no such address', '/nowhere'),
    await get('a wrong method', '/models/nvidia/street'),
    await get('health', '/health'),
    await get('a status', '/status/nvidia/street'),
    ...(await faultRows()),
    await laterRow(
      'the engine answers `model_not_ready` while it loads',
      new Fault('model_not_ready', 'Why.', { retryAfterMs: 1000 }),
    ),
    await laterRow(
      'the engine answers `shutting_down` with a time',
      new Fault('shutting_down', 'Why.', { retryAfterMs: 1000 }),
    ),
    await laterRow(
      'the engine answers `overloaded` with a time',
      new Fault('overloaded', 'Why.', { retryAfterMs: 200 }),
    ),
  ]);
});
