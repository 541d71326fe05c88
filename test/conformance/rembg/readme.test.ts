import { test } from 'node:test';
import { Fault } from '../../../packages/server/src/domain/fault.ts';
import { assertRecorded, code, type Exchange, groupedFaults } from '../../support/recordedExchanges.ts';
import { answerPng, type Field, formOf, openRembg, picture, type RembgPlace } from './rembgServer.ts';

type Reply = Awaited<ReturnType<RembgPlace['ask']>>;

const place = await openRembg();

function shown({ status, headers, bytes }: Reply): string {
  const type = String(headers['content-type']);
  const retry = headers['retry-after'] === undefined ? '' : `, Retry-After ${headers['retry-after']}`;
  const text = type === 'image/png' ? 'a PNG' : code(String(bytes));
  return `${status}${retry}, ${type}: ${text}`;
}

async function get(says: string, target: string, method = 'GET'): Promise<Exchange> {
  return { says, sent: code(`${method} ${target}`), received: shown(await place.ask(target, { method })) };
}

async function post(says: string, fields: readonly Field[], target = '/api/remove'): Promise<Exchange> {
  const list = fields.map(([name, value, filename]) => (filename ? `${name}=@${filename}` : `${name}=${value}`));
  const form = list.length === 0 ? 'no form' : code(list.map((one) => `-F ${one}`).join(' '));
  const options = list.length === 0 ? { method: 'POST' } : formOf(fields);
  return { says, sent: `${code(`POST ${target}`)} ${form}`, received: shown(await place.ask(target, options)) };
}

async function faultRows(): Promise<Exchange[]> {
  const groups = await groupedFaults(async (fault) => {
    const facts = fault === 'overloaded' ? { retryAfterMs: 1000 } : {};
    place.engine.instead = () => Promise.reject(new Fault(fault, 'Why.', facts));
    const reply = shown(await place.post([picture]));
    answerPng(place.engine);
    return reply;
  });
  return groups.map(({ faults, reply }) => ({
    says: `the engine answers ${faults.map(code).join(', ')}`,
    sent: 'a picture',
    received: reply,
  }));
}

test('The README shows what the wire answers', async () => {
  assertRecorded('rembg', [
    await post('a picture', [picture]),
    await post('its mask', [picture, ['om', 'true']]),
    await post('no picture', []),
    await post('a wrong value', [picture, ['af', '300']]),
    await post('two of them', [picture, ['om', 'maybe'], ['ae', '1.5']]),
    await post('no such model', [picture, ['model', 'foo']]),
    await post('a colour that is none', [picture], '/api/remove?bgc=red'),
    await post('points for sam', [picture, ['model', 'sam']], '/api/remove?extras={"sam_prompt":[]}'),
    await get('no URL', '/api/remove'),
    await get('a URL where none are allowed', '/api/remove?url=https://example.org/a.jpg'),
    await get('no such address', '/nope'),
    await get('a wrong method', '/api/remove', 'PUT'),
    ...(await faultRows()),
  ]);
});
