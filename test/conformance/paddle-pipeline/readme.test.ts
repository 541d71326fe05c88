import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { type FaultCode, faultCodeList } from '@segserve/contract';
import { Fault } from '../../../packages/server/src/domain/fault.ts';
import { repository } from '../../support/repository.ts';
import { pipelineServer } from './pipelineServer.ts';

const readme = readFileSync(path.join(repository, 'packages/server/src/protocols/paddle-pipeline/README.md'), 'utf8');

/** Rows of the fault table: codes, and the reply that they get. */
const rows = [...readme.matchAll(/^\| (`[a-z_`, ]+`) \| `(\{"err_no".*\})` \|$/gm)].map(([, codes, reply]) => ({
  codes: [...codes!.matchAll(/`(\w+)`/g)].map(([, code]) => code as FaultCode),
  reply: reply!.replaceAll('\\|', '|'),
}));

test('The README shows the reply of every fault, as it is', { timeout: 20_000 }, async () => {
  assert.deepEqual(rows.flatMap(({ codes }) => codes).toSorted(), [...faultCodeList].toSorted());
  const server = await pipelineServer();
  for (const { codes, reply } of rows) {
    for (const code of codes) {
      server.fake.instead = () => Promise.reject(new Fault(code, 'WHY.'));
      const response = await server.post('/matting/prediction', { key: ['image'], value: ['AAAA'], logid: 7 });
      assert.equal(await response.text(), reply, code);
    }
  }
});
