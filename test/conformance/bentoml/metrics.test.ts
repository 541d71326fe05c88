import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Fault } from '../../../packages/server/src/domain/fault.ts';
import { until } from '../../support/until.ts';
import { type BundleServer, bundleServer, text } from './bundleServer.ts';

const settings = { service: 'Masks', serviceVersion: '20201009125205_5509D4' } as const;

/** The lines of one metric, sorted labels as they stand. */
async function lines(server: BundleServer, name: string): Promise<string[]> {
  const page = text(await server.get('/metrics'));
  return page.split('\n').filter((line) => line.startsWith(`BENTOML_Masks_${name}{`));
}

/** The counts are made once the reply is out, which its reader may hear of sooner. */
async function eventually(server: BundleServer, name: string, line: string): Promise<void> {
  const expected = `BENTOML_Masks_${name}${line}`;
  await until(expected, async () => (await lines(server, name)).includes(expected), 5000);
}

describe('The metrics of a bundle', () => {
  it('count requests by address, version and status', async () => {
    const server = await bundleServer(settings);
    await server.call('/predict');
    await server.call('/predict');
    await server.call('/predict', '');
    await server.get('/nowhere');
    const version = 'service_version="20201009125205_5509D4"';
    for (const name of ['request_total', 'request_duration_seconds_count']) {
      await eventually(server, name, `{endpoint="/predict",${version},http_response_code="200"} 2`);
      await eventually(server, name, `{endpoint="/predict",${version},http_response_code="400"} 1`);
    }
    await eventually(server, 'request_total', `{endpoint="/<other>",${version},http_response_code="404"} 1`);
    await eventually(server, 'request_in_progress', `{endpoint="/predict",${version}} 0`);
    await eventually(server, 'request_in_progress', `{endpoint="/metrics",${version}} 1`);
    assert.deepEqual(await lines(server, 'mb_request_total'), []);
  });

  it('count requests in progress', async () => {
    const server = await bundleServer(settings);
    const held = Promise.withResolvers<void>();
    server.engine.instead = async (request) => {
      await held.promise;
      return server.engine.answer(request);
    };
    const reply = server.call('/predict');
    const labels = '{endpoint="/predict",service_version="20201009125205_5509D4"}';
    await eventually(server, 'request_in_progress', `${labels} 1`);
    held.resolve();
    await reply;
    await eventually(server, 'request_in_progress', `${labels} 0`);
  });

  for (const [title, options, duration] of [
    ['0.9', { microbatch: true }, 'mb_requestmb_duration_seconds'],
    ['0.13', { version: '0.13' }, 'mb_request_duration_seconds'],
  ] as const) {
    it(`have those of micro-batching under the names of ${title}`, async () => {
      const apis = [{ name: 'predict' }, { name: 'single', batch: false }];
      const server = await bundleServer({ ...settings, ...options, apis });
      await server.call('/predict');
      await server.call('/single');
      await eventually(server, 'mb_request_total', '{endpoint="/predict",http_response_code="200"} 1');
      await eventually(server, `${duration}_count`, '{endpoint="/predict",http_response_code="200"} 1');
      await eventually(server, 'mb_request_in_progress', '{endpoint="/predict",http_method="POST"} 0');
      await eventually(server, 'mb_batch_size_sum', '{endpoint="/predict"} 4');
      assert.deepEqual(
        (await lines(server, 'mb_batch_size_sum')).filter((line) => line.includes('/single')),
        [],
      );
      server.engine.fail(new Fault('worker_failed', 'Dead.'));
      await server.call('/predict');
      await eventually(server, 'mb_request_exception', '{endpoint="/predict",exception_class="RemoteException"} 1');
    });
  }

  it('stay few, whatever callers ask for', async () => {
    const server = await bundleServer(settings);
    for (let index = 0; index < 20; index++) await server.get(`/made-up-${index}`);
    const counted = await lines(server, 'request_total');
    assert.ok(counted.length <= 2, counted.join('\n'));
  });

  it('of two bundles are kept apart', async () => {
    const [first, second] = [await bundleServer(settings), await bundleServer({ ...settings, service: 'Other' })];
    await first.call('/predict');
    assert.doesNotMatch(text(await second.get('/metrics')), /Masks/);
  });
});
