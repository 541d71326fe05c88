import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ModelDetail } from '@segserve/contract';
import { brought } from './fakeEngine.ts';
import { bisenetv2, envelopeOf, type MortredServer, mortredServer, post, postStrict, prefix } from './mortredServer.ts';

const servers = {
  a: await mortredServer({ profile: 'a' }),
  b: await mortredServer({ profile: 'b' }),
  c: await mortredServer({ profile: 'c' }),
};

/** Code of a good request in a, b and c; undefined: no such address in that era. */
const rows: readonly (readonly [
  suffix: string,
  a: number | undefined,
  b: number | undefined,
  c: number | undefined,
])[] = [
  ['classification/densenet', 0, 0, 0],
  ['classification/mobilenetv2', 0, 0, 0],
  ['classification/resnet', 0, 0, 0],
  ['enhancement/attentive_gan_derain', 1, 1, 1],
  ['enhancement/enlighten_gan', 1, 1, 1],
  ['enhancement/real_esrgan', undefined, undefined, 1],
  ['feature_point/superpoint', 1, 1, 1],
  // Era A has no matting, hrnet and pphuman_seg; they are answered all the same.
  ['matting/modnet', 0, 0, 0],
  ['matting/pp_matting', 0, 0, 0],
  ['mono_depth_estimation/depth_anything', undefined, 1, 1],
  ['mono_depth_estimation/metric3d', undefined, 1, 1],
  ['obj_detection/center_face', undefined, 1, 1],
  ['obj_detection/libface', 1, 1, 1],
  ['obj_detection/nanodet', 1, 1, 1],
  ['obj_detection/yolov5', 1, 1, 1],
  ['obj_detection/yolov6', undefined, 1, 1],
  ['obj_detection/yolov7', undefined, 1, 1],
  ['obj_detection/yolov8', undefined, 1, 1],
  ['ocr/dbtext', 1, 1, 1],
  ['scene_segmentation/bisenetv2', 0, 0, 0],
  ['scene_segmentation/hrnet', 0, 0, 0],
  ['scene_segmentation/pphuman_seg', 0, 0, 0],
  ['diffusion/ddpm', undefined, undefined, 1],
  ['diffusion/ddim', undefined, undefined, 1],
  ['diffusion/cls_cond_ddim', undefined, undefined, 1],
  ['diffusion/ldm', undefined, undefined, 1],
  ['sam/amg', undefined, undefined, undefined],
  ['llm/llama3/chat', undefined, 1, undefined],
  ['phi/phi4/chat', undefined, 1, undefined],
  ['qwen/qwen2.5/chat', undefined, 1, undefined],
  ['qwen/qwen2-vl/chat', undefined, 1, undefined],
];

describe('mortred: addresses', () => {
  for (const [suffix, ...codes] of rows) {
    test(`/${suffix} answers ${codes.map((code) => code ?? 'nothing').join(', ')} in a, b, c`, async () => {
      for (const [index, profile] of (['a', 'b', 'c'] as const).entries()) {
        const reply = await postStrict(servers[profile], `${prefix}/${suffix}`);
        if (codes[index] !== undefined) assert.equal(envelopeOf(reply).code, codes[index], profile);
        else if (profile === 'c') assert.deepEqual([reply.status, envelopeOf(reply).code], [404, 63]);
        else assert.equal(String(reply.bytes), '<html>404 Not Found</html>', profile);
      }
    });
  }
});

describe('mortred: which model answers', () => {
  const modelAt = async (server: MortredServer, path: string) => {
    assert.equal(envelopeOf(await post(server, path)).code, 0);
    return server.engine.requests.at(-1)!.model;
  };
  const scene = (name: string) => `${prefix}/scene_segmentation/${name}`;

  test('scenes are the first semantic model, people and mattes portrait', async () => {
    assert.equal(await modelAt(servers.a, bisenetv2), 'street:1');
    assert.equal(await modelAt(servers.a, scene('hrnet')), 'street:1');
    assert.equal(await modelAt(servers.a, scene('pphuman_seg')), 'portrait');
    assert.equal(await modelAt(servers.a, `${prefix}/matting/modnet`), 'portrait');
  });

  test('without a semantic model scenes are portrait too', async () => {
    const server = await mortredServer();
    server.engine.known = brought.filter(({ task }) => task !== 'semantic');
    assert.equal(await modelAt(server, bisenetv2), 'portrait');
  });

  test('a non-commercial model answers only where it is named', async () => {
    const server = await mortredServer({ models: { hrnet: 'street' } });
    server.engine.known = brought.map((model) => ({ ...model, nonCommercial: model.task === 'semantic' }));
    assert.equal(await modelAt(server, bisenetv2), 'portrait');
    assert.equal(await modelAt(server, scene('hrnet')), 'street');
  });

  test('models maps the last word of an address to a model', async () => {
    const server = await mortredServer({ models: { hrnet: 'sky:2', modnet: 'hair' } });
    const more = ['sky', 'hair'].map((name) => ({ ...brought[0]!, name }) satisfies ModelDetail);
    server.engine.known = [...brought, ...more];
    assert.equal(await modelAt(server, scene('hrnet')), 'sky:2');
    assert.equal(await modelAt(server, `${prefix}/matting/modnet`), 'hair');
    assert.equal(await modelAt(server, bisenetv2), 'street:1');
  });

  test('uris adds addresses, with a task, a model and a size of their own', async () => {
    const uris = {
      '/my/people': { task: 'scene_segmentation', model: 'portrait', size: { width: 8, height: 4 } },
      '/my/mattes': { task: 'matting', model: 'mattes' },
      [bisenetv2]: { task: 'scene_segmentation', size: 'input' },
    } as const;
    const server = await mortredServer({ uris, models: { mattes: 'portrait:1' } });
    assert.equal(await modelAt(server, '/my/people'), 'portrait');
    assert.deepEqual(server.engine.requests.at(-1)!.size, { width: 8, height: 4 });
    assert.equal(await modelAt(server, '/my/mattes'), 'portrait:1');
    assert.equal(await modelAt(server, bisenetv2), 'street:1');
    assert.equal(server.engine.requests.at(-1)!.size, undefined);
  });
});
