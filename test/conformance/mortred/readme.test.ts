import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { faultCodeList } from '@segserve/contract';
import { Fault } from '../../../packages/server/src/domain/fault.ts';
import type { Reply } from '../../support/ask.ts';
import { repository } from '../../support/repository.ts';
import { base64, bisenetv2, mortredServer, post, postStrict } from './mortredServer.ts';

const readme = await readFile(path.join(repository, 'packages/server/src/protocols/mortred/README.md'), 'utf8');
const legacy = await mortredServer({ profile: 'a' });
const strict = await mortredServer({ profile: 'c', strict: { bodyBytesMax: 1_000_000 } });

const extras = ['allow', 'retry-after', 'www-authenticate'];
const shown = (reply: Reply) => {
  const headers = extras.flatMap((name) =>
    reply.headers[name] === undefined ? [] : `${name}: ${reply.headers[name]}`,
  );
  return [`${reply.status}`, ...headers, `\`${reply.bytes}\``].join(' ');
};

/** One line of the README's table for every reply that some faults share. */
async function faultRows(): Promise<string[]> {
  const rows = new Map<string, string[]>();
  for (const code of faultCodeList) {
    const fault = new Fault(code, 'As told.');
    legacy.engine.fail(fault);
    strict.engine.fail(fault);
    const replies = `${shown(await post(legacy, bisenetv2))} | ${shown(await postStrict(strict, bisenetv2))}`;
    rows.set(replies, [...(rows.get(replies) ?? []), `\`${code}\``]);
  }
  return [...rows].map(([replies, codes]) => `| ${codes.join(', ')} | ${replies} |`);
}

/** What a caller may do wrong, with the replies. */
async function inputRows(): Promise<string[]> {
  legacy.engine.instead = undefined;
  strict.engine.instead = undefined;
  const inputs: readonly (readonly [string, unknown])[] = [
    ['nothing', ''],
    ['`{`', '{'],
    ['`[]`', '[]'],
    ['`{"req_id":"r"}`', { req_id: 'r' }],
    ['`{"img_data":"AAAA","req_id":"r"}`', { img_data: 'AAAA', req_id: 'r' }],
    ['`data:` before the base64', { img_data: `data:image/png;base64,${base64}`, req_id: 'r' }],
  ];
  const rows: string[] = [];
  for (const [input, body] of inputs) {
    rows.push(
      `| ${input} | ${shown(await post(legacy, bisenetv2, body))} | ${shown(await postStrict(strict, bisenetv2, body))} |`,
    );
  }
  return rows;
}

for (const row of [...(await inputRows()), ...(await faultRows())]) {
  test(`the README shows what the wire answers: ${row.slice(0, 60)}…`, () => {
    // Cells may be padded.
    assert.ok(readme.replaceAll(/ +/g, ' ').includes(row), `the README lacks this line:\n${row}`);
  });
}
