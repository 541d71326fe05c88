import { test } from 'node:test';
import { Fault } from '../../../packages/server/src/domain/fault.ts';
import { type AskOptions, ask } from '../../support/ask.ts';
import { assertRecorded, code, type Exchange, groupedFaults } from '../../support/recordedExchanges.ts';
import { instance, openPaddlesegServing, photo } from './callers.ts';

const place = await openPaddlesegServing({ port: 8010 });
const path = '/ImageSegService/inference';
const good = instance(await photo(4, 2).png().toBuffer());
const grey = instance(await photo(4, 2).toColourspace('b-w').png().toBuffer());

/** Pictures are shown by their first characters: how long they are is the encoder's business. */
function short(text: string): string {
  return text.replaceAll(/(iVBORw0KGgo)[\w+/=]+/g, '$1…').replaceAll(/("image_length":)\d{3}/g, '$1128');
}

async function replyTo(target: string, options: AskOptions): Promise<string> {
  const reply = await ask(`${place.url}${target}`, options);
  return `${reply.status} ${code(short(String(reply.bytes).replaceAll(String(place.port), '8010')))}`;
}

async function exchange(says: string, body: unknown, options: AskOptions = {}, target = path): Promise<Exchange> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const where = target === path ? '' : `${code(target)} `;
  const received = await replyTo(target, { body: text, ...options });
  return { says, sent: `${where}${text === '' ? 'nothing' : code(short(text))}`, received };
}

async function faultRows(): Promise<Exchange[]> {
  const groups = await groupedFaults(async (fault) => {
    place.engine.before = () => Promise.reject(new Fault(fault, 'Why.'));
    const reply = await replyTo(path, { body: JSON.stringify({ instances: [good] }) });
    place.engine.before = undefined;
    return reply;
  });
  return groups.map(({ faults, reply }) => ({
    says: `the engine answers ${faults.map(code).join(', ')}`,
    sent: 'a picture',
    received: reply,
  }));
}

test('The README shows what the wire answers', async () => {
  const proto = { 'content-type': 'application/proto' };
  assertRecorded('paddleseg-serving', [
    await exchange('a picture', { instances: [good] }),
    await exchange('two pictures', { instances: [good, good] }),
    await exchange('no instances', { instances: [] }),
    await exchange('an empty picture', { instances: [{ ...good, image_binary: '' }] }),
    await exchange('no picture', { instances: [instance(Buffer.from('text'))] }),
    await exchange('one channel', { instances: [grey] }),
    await exchange('a missing field', { instances: [{ image_binary: 'AAAA' }] }),
    await exchange('no base64', { instances: [{ image_binary: '!', image_length: 1 }] }),
    await exchange('JSON that is none', '{'),
    await exchange('an empty body', '', { method: 'POST' }),
    await exchange('protobuf that is none', 'nonsense', { headers: proto }),
    await exchange('gzip that is none', 'x', { headers: { 'content-encoding': 'gzip' } }),
    await exchange('no such method', { instances: [] }, {}, '/ImageSegService/nope'),
    await exchange('no method', { instances: [] }, {}, '/ImageSegService'),
    await exchange('no such service', { instances: [] }, {}, '/elsewhere'),
    ...(await faultRows()),
  ]);
});
