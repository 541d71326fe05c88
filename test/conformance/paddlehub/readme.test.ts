import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { it } from 'node:test';
import { faultCodeList } from '@segserve/contract';
import { Fault } from '../../../packages/server/src/domain/fault.ts';
import { answerFault } from '../../../packages/server/src/protocols/paddlehub/faults.ts';
import { repository } from '../../support/repository.ts';
import { hubServer, photo, predict } from './hubServer.ts';

const readme = readFileSync(path.join(repository, 'packages/server/src/protocols/paddlehub/README.md'), 'utf8');
const image = await photo(2, 1);

for (const code of faultCodeList) {
  it(`README.md says how ${code} is answered`, async () => {
    const fault = new Fault(code, 'The sentence.');
    const server = await hubServer({ onSegment: () => Promise.reject(fault) });
    const { http, text } = await predict(server, { images: [image] });
    const page = answerFault(fault, { id: '1' });
    const title = /<h1>(.*)<\/h1>/.exec(String(page.body))?.[1];
    const row = `| \`${code}\` | ${http} \`${text.trimEnd()}\` | ${page.status} ${title} |`;
    assert.ok(readme.includes(row), `expected this row:\n${row}`);
  });
}
