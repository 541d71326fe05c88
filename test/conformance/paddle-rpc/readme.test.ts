import { test } from 'node:test';
import { Fault } from '../../../packages/server/src/domain/fault.ts';
import { type AskOptions, ask } from '../../support/ask.ts';
import { prpcCall, prpcFrame } from '../../support/prpcClient.ts';
import { assertRecorded, code, type Exchange, groupedFaults } from '../../support/recordedExchanges.ts';
import { encode, example, exampleMessage, fullName, json, openPaddleRpc, proto } from './callers.ts';

const place = await openPaddleRpc({ port: 9393 });
const path = '/GeneralModelService/inference';

async function replyTo(target: string, options: AskOptions): Promise<string> {
  const reply = await ask(`${place.url}${target}`, options);
  const text = String(reply.bytes)
    .replaceAll(String(place.port), '9393')
    .replaceAll(/\d{16}/g, '1700000000000000');
  return `${reply.status} ${code(text)}`;
}

const shown = (value: unknown): string => code(typeof value === 'string' ? value : JSON.stringify(value));

async function exchange(says: string, body: unknown, options: AskOptions = {}, target = path): Promise<Exchange> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const reply = await replyTo(target, { body: text, headers: json, ...options });
  const where = target === path ? '' : `${code(target)} `;
  return { says, sent: `${where}${body === '' ? 'nothing' : shown(body)}`, received: reply };
}

async function faultRows(): Promise<Exchange[]> {
  const groups = await groupedFaults(async (fault) => {
    place.engine.before = () => Promise.reject(new Fault(fault, 'Why.'));
    const reply = await replyTo(path, { body: JSON.stringify(example), headers: json });
    place.engine.before = undefined;
    return reply;
  });
  return groups.map(({ faults, reply }) => ({
    says: `the engine answers ${faults.map(code).join(', ')}`,
    sent: 'the example',
    received: reply,
  }));
}

async function frameRow(says: string, meta: Parameters<typeof prpcFrame>[0], sent: string): Promise<Exchange> {
  const [answer] = await prpcCall(place.port, [prpcFrame(meta, encode(exampleMessage))]);
  const { errorCode, errorText } = answer!.meta.response!;
  return { says, sent, received: `${errorCode} ${code(errorText)}` };
}

test('The README shows what the wire answers', async () => {
  const [tensor] = example.tensor;
  const request = { serviceName: fullName, methodName: 'inference' };
  assertRecorded('paddle-rpc', [
    await exchange('the example', example),
    await exchange('no tensors', { tensor: [] }),
    await exchange('an empty body', '', { method: 'POST' }),
    await exchange('only types that are skipped', { tensor: [{ ...tensor, elem_type: 3 }] }),
    await exchange('no such input', { tensor: [{ ...tensor, name: 'z', alias_name: 'z' }] }),
    await exchange('too few numbers', { tensor: [{ ...tensor, shape: [2, 2] }] }),
    await exchange('JSON that is none', '{'),
    await exchange('protobuf that is none', 'nonsense', { headers: proto }),
    await exchange('gzip that is none', 'x', { headers: { ...json, 'content-encoding': 'gzip' } }),
    await exchange('no such method', example, {}, '/GeneralModelService/nope'),
    await exchange('no method', example, {}, '/GeneralModelService'),
    await exchange('no such service', example, {}, '/elsewhere'),
    ...(await faultRows()),
    await frameRow('frame: no such method', { request: { ...request, methodName: 'nope' } }, code('nope')),
    await frameRow('frame: no such service', { request: { ...request, serviceName: 'Nope' } }, code('Nope')),
    await frameRow('frame: snappy', { request, compressType: 1 }, 'compress_type 1'),
    await frameRow('frame: a wrong attachment', { request, attachmentSize: 999 }, 'attachment_size 999'),
  ]);
});
