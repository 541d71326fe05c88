import path from 'node:path';
import { after, test } from 'node:test';
import { defaultLimits } from '../../../packages/server/src/domain/limits.ts';
import { openInProcess } from '../../../packages/server/src/engine/inProcess.ts';
import { findModels, resolveModel } from '../../../packages/server/src/models/repository.ts';
import { paddleRpcWire } from '../../../packages/server/src/protocols/paddle-rpc/paddleRpcWire.ts';
import { repository } from '../../support/repository.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';
import { sumAndLess, writeTensorPackage } from '../../support/tensorPackages.ts';
import { openWire } from '../../support/wireServer.ts';
import { runPython, skipWithoutPython } from '../support/runPython.ts';

test('A Python client adds tensors over HTTP, gRPC and baidu_std', {
  skip: skipWithoutPython,
  timeout: 180_000,
}, async () => {
  const root = temporaryFolder();
  writeTensorPackage(root, 'adder', sumAndLess());
  const models = [resolveModel(await findModels([root]), 'adder')];
  const engine = await openInProcess({ models, limits: defaultLimits, threads: 1 });
  after(() => engine.close());
  const settings = {
    models: { GeneralInferOp_0: 'adder' },
    feed: { a_alias: 'a', b_alias: 'b' },
    fetch: { total: 'sum', smaller: 'less' },
  };
  const { url } = await openWire((services) => paddleRpcWire(services, settings), { engine });
  const protos = path.join(repository, 'packages/contract/proto');
  await runPython(path.join(import.meta.dirname, 'client.py'), [url, new URL(url).host, protos]);
});
