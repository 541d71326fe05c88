import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Tensor } from 'onnxruntime-node';
import type { Fault } from '../domain/fault.ts';
import { runtimeSentence } from './runtimeSentence.ts';
import { openSession } from './session.ts';
import { redIsAlpha } from './testing/tinyGraph.ts';

const image = () => new Tensor('uint8', Uint8Array.of(7, 8, 9), [1, 1, 1, 3]);

describe('openSession', () => {
  it('takes the first provider that works and says why the others did not', async () => {
    const session = await openSession(redIsAlpha(), { threads: 1, providers: ['coreml', 'tensorrt', 'cpu'] });
    assert.equal(session.provider, 'cpu');
    assert.equal(session.passedOver.length, 2);
    assert.equal(session.passedOver[0], 'coreml: not part of the runtime on this machine.');
    assert.match(session.passedOver[1]!, /^tensorrt: .+\.$/);
    const [alpha] = await session.run(image());
    assert.deepEqual([...(alpha!.data as Uint8Array)], [7]);
    await session.close();
  });

  it('never falls back to a provider that was not asked for', async () => {
    await assert.rejects(openSession(redIsAlpha(), { threads: 1, providers: ['coreml', 'dml'] }), (fault: Fault) => {
      assert.equal(fault.code, 'model_invalid');
      assert.match(fault.message, /coreml: .+ dml: /);
      return true;
    });
  });

  it('refuses bytes that are no model, without a path or a code of the runtime', async () => {
    const graph = { ...redIsAlpha(), bytes: Uint8Array.of(1, 2, 3) };
    await assert.rejects(openSession(graph, { threads: 1, providers: ['cpu'] }), (fault: Fault) => {
      assert.equal(fault.code, 'model_invalid');
      assert.doesNotMatch(fault.message, /ONNXRuntimeError|\/|\.cc/);
      return true;
    });
  });

  it('makes a run that fails the model’s fault, and lives on', async () => {
    const session = await openSession(redIsAlpha(), { threads: 1, providers: ['cpu'] });
    const wrong = new Tensor('float32', Float32Array.of(1), [1, 1, 1, 1]);
    await assert.rejects(session.run(wrong), { code: 'model_invalid' });
    assert.equal((await session.run(image())).length, 1);
    await session.close();
  });

  it('waits for the run in flight when it is closed, and may be closed twice', async () => {
    const session = await openSession(redIsAlpha(), { threads: 1, providers: ['cpu'] });
    const run = session.run(image());
    await Promise.all([session.close(), session.close()]);
    assert.equal((await run).length, 1);
    await assert.rejects(session.run(image()), { code: 'model_not_ready' });
  });
});

describe('runtimeSentence', () => {
  const cases: readonly [noise: string, sentence: string][] = [
    [
      'This is an invalid model. Error: two nodes with same node name (tfl_11).',
      'This is an invalid model. Error: two nodes with same node name (tfl_11).',
    ],
    ['[ONNXRuntimeError] : 1 : FAIL : Load model from /srv/models/a.onnx failed', 'Load model from a file failed.'],
    [
      '/onnxruntime_src/onnxruntime/core/providers/webgpu/webgpu_context.cc:136 onnxruntime::webgpu::WebGpuContext::Initialize(const onnxruntime::webgpu::WebGpuContextConfig&)::<lambda()> adapter_result.status == x was false. No supported adapters\n',
      'adapter_result.status == x was false. No supported adapters.',
    ],
    ['', 'The runtime gave no reason.'],
  ];
  for (const [noise, sentence] of cases) {
    it(`makes "${sentence.slice(0, 40)}" of what the runtime says`, () => {
      assert.equal(runtimeSentence(new Error(noise)), sentence);
    });
  }
});
