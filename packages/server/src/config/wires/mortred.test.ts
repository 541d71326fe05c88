import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { tasks } from '../../protocols/mortred/servers.ts';
import type { MortredSettings } from '../../protocols/mortred/settings.ts';
import { mortredWireSchema } from './mortred.ts';

const refusal = (settings: object): string | undefined => {
  const { error } = mortredWireSchema.safeParse({ name: 'mortred', ...settings });
  return error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n');
};

describe('configuration of the mortred wire', () => {
  test('a name alone is enough', () => {
    const settings: MortredSettings = mortredWireSchema.parse({ name: 'mortred' });
    assert.deepEqual(settings, { name: 'mortred', port: 8091, models: {} });
  });

  test('every task of the wire can be configured', () => {
    for (const task of tasks) assert.equal(refusal({ uris: { '/x/y': { task } } }), undefined, task);
  });

  for (const path of ['x', '/', '/x/', '//x', '/:id', '/x*', '/x?y', '/x y', '/%20', '/welcome', '/jobs/x']) {
    test(`"${path}" is no address of a server`, () => {
      assert.match(refusal({ uris: { [path]: { task: 'matting' } } }) ?? '', /expected a path/);
    });
  }

  for (const host of ['0.0.0.0', '::', '192.168.1.7', 'models.example.org', '127.example.org']) {
    test(`profile c on ${host} wants a token`, () => {
      const open = { profile: 'c', host };
      assert.match(refusal(open) ?? '', /strict\.authToken/);
      assert.match(refusal({ ...open, strict: { authToken: '' } }) ?? '', /strict\.authToken/);
      assert.equal(refusal({ ...open, strict: { authToken: 'x' } }), undefined);
      assert.equal(refusal({ host, profile: 'b' }), undefined);
    });
  }

  for (const host of ['127.0.0.1', '127.1.2.3', 'localhost', '::1', undefined]) {
    test(`profile c on ${host ?? 'the host of listen'} wants none`, () => {
      assert.equal(refusal({ profile: 'c', ...(host === undefined ? {} : { host }) }), undefined);
    });
  }

  test('what only profile c knows is refused in the others', () => {
    assert.match(refusal({ strict: {} }) ?? '', /profile "c"/);
    assert.equal(refusal({ profile: 'c', strict: {} }), undefined);
  });
});
