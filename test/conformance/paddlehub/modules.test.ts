import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AnswerRequest } from '../../../packages/server/src/domain/request.ts';
import { hubServer, photo, pictureOf, predict } from './hubServer.ts';

const street = { ace2p: 'people:1', bisenetv2_cityscapes: 'street', deeplabv3p_resnet50_voc: 'objects' };
const ours = {
  ginet_resnet50vd_ade20k: 'rooms',
  gfm_resnet34_matting: 'animals',
  my_own: 'mine',
  other_voc: 'objects',
};
const modules = [
  ...['humanseg_server', 'humanseg_lite', 'humanseg_mobile', 'deeplabv3p_xception65_humanseg'],
  ...['modnet_hrnet18_matting', 'modnet_mobilenetv2_matting', 'modnet_resnet50vd_matting', 'dim_vgg16_matting'],
];
const server = await hubServer({ settings: { modules, models: { ...street, ...ours } } });
const picture = await photo();

const alphaJpeg = { kind: 'alpha', format: 'jpeg', quality: 95 } as const;
const labelsJpeg = { kind: 'labels', format: 'jpeg', quality: 95 } as const;
const alphaPng = { kind: 'alpha', format: 'png' } as const;
const objects = (results: unknown) => (results as [{ data: string }])[0].data;
const texts = (results: unknown) => (results as [string])[0];
const data = (results: unknown) => (results as { data: [string] }).data[0];

const cases: [module: string, model: string, answer: AnswerRequest, take: (results: unknown) => string][] = [
  ['humanseg_server', 'portrait', alphaJpeg, objects],
  ['humanseg_lite', 'portrait', alphaJpeg, objects],
  ['humanseg_mobile', 'portrait', alphaJpeg, objects],
  ['deeplabv3p_xception65_humanseg', 'portrait', { ...alphaJpeg, levels: { from: 120, to: 255 } }, objects],
  ['ace2p', 'people:1', labelsJpeg, objects],
  ['deeplabv3p_resnet50_voc', 'objects', labelsJpeg, texts],
  ['bisenetv2_cityscapes', 'street', labelsJpeg, texts],
  ['ginet_resnet50vd_ade20k', 'rooms', labelsJpeg, texts],
  ['other_voc', 'objects', labelsJpeg, texts],
  ['modnet_hrnet18_matting', 'portrait', alphaPng, data],
  ['modnet_mobilenetv2_matting', 'portrait', alphaPng, data],
  ['modnet_resnet50vd_matting', 'portrait', alphaPng, data],
  ['gfm_resnet34_matting', 'animals', alphaPng, data],
  ['my_own', 'mine', alphaJpeg, objects],
];

describe('Each module', () => {
  for (const [module, model, answer, take] of cases) {
    it(`${module} asks ${model} for ${answer.kind} as ${answer.format}, and packs it as its family does`, async () => {
      const reply = await predict(server, { images: [picture] }, { module });
      assert.equal(reply.body?.status, '000', reply.text);
      const { width, height, format, channels } = await pictureOf(take(reply.body.results));
      assert.deepEqual([width, height, format, channels], [40, 20, answer.format, 1]);
      const request = server.requests.at(-1);
      assert.equal(request?.model, model);
      assert.deepEqual(request.answers, [answer]);
    });
  }

  it('gives one item for each picture, in order', async () => {
    const images = [await photo(10, 30), await photo(20, 30)];
    const widths = (list: string[]) => Promise.all(list.map(async (one) => (await pictureOf(one)).width));
    const semantic = await predict(server, { images, batch_size: 2 }, { module: 'bisenetv2_cityscapes' });
    assert.deepEqual(await widths(semantic.body?.results as string[]), [10, 20]);
    const matting = await predict(server, { images }, { module: 'modnet_hrnet18_matting' });
    assert.deepEqual(await widths((matting.results as { data: string[] }).data), [10, 20]);
    const empty = await predict(server, { images: [] }, { module: 'modnet_hrnet18_matting' });
    assert.deepEqual(empty.body?.results, { data: [] });
  });

  const unknown = (method: string, key: string) => `${method}() got an unexpected keyword argument '${key}'`;
  const keyCases: [module: string, key: string, method: string][] = [
    ['humanseg_lite', 'data', 'segment'],
    ['deeplabv3p_xception65_humanseg', 'save_path', 'segmentation'],
    ['ace2p', 'trimaps', 'segmentation'],
    ['bisenetv2_cityscapes', 'use_gpu', 'predict'],
    ['bisenetv2_cityscapes', 'paths', 'predict'],
    ['modnet_hrnet18_matting', 'batch_size', 'predict'],
    ['gfm_resnet34_matting', 'trimaps', 'predict'],
  ];
  for (const [module, key, method] of keyCases) {
    it(`${module} knows no ${key}`, async () => {
      const reply = await predict(server, { images: [], [key]: 1 }, { module });
      assert.deepEqual([reply.body?.status, reply.body?.msg], ['101', unknown(method, key)]);
    });
  }
});

describe('Trimaps', () => {
  it('are an argument that dim_vgg16_matting needs and nobody here can use', async () => {
    const ask = async (body: object) => (await predict(server, body, { module: 'dim_vgg16_matting' })).body;
    const both = "serving_method() missing 2 required positional arguments: 'images' and 'trimaps'";
    const one = "serving_method() missing 1 required positional argument: 'trimaps'";
    assert.deepEqual(await ask({}), { status: '101', msg: both, results: '' });
    assert.deepEqual(await ask({ images: [picture] }), { status: '101', msg: one, results: '' });
    const reply = await ask({ images: [picture], trimaps: [picture] });
    assert.equal(reply?.status, '101');
    assert.match(String(reply.msg), /^dim_vgg16_matting: segserve takes no trimaps\. Ask a module/);
  });

  it('are refused by modnet, which would have followed them; null is none', async () => {
    const ask = async (trimaps: unknown) =>
      (await predict(server, { images: [picture], trimaps }, { module: 'modnet_hrnet18_matting' })).body;
    assert.match(String((await ask([picture]))?.msg), /takes no trimaps/);
    assert.equal((await ask(null))?.status, '000');
  });
});

describe('Which modules are loaded', () => {
  const statusOf = async (open: Awaited<ReturnType<typeof hubServer>>, module: string) =>
    (await predict(open, { images: [] }, { module })).body?.status;

  it('is the humanseg family without configuration', async () => {
    const plain = await hubServer();
    for (const module of ['humanseg_server', 'humanseg_lite', 'humanseg_mobile']) {
      assert.equal(await statusOf(plain, module), '000', module);
    }
    for (const module of ['ace2p', 'bisenetv2_cityscapes', 'modnet_hrnet18_matting', 'toString', '__proto__']) {
      assert.equal(await statusOf(plain, module), '111', module);
    }
  });

  it('is that family and what is mapped, or what is named and what is mapped', async () => {
    const mapped = await hubServer({ settings: { models: { ace2p: 'people', humanseg_lite: 'small' } } });
    assert.equal(await statusOf(mapped, 'ace2p'), '000');
    assert.equal(await statusOf(mapped, 'humanseg_server'), '000');
    await predict(mapped, { images: [picture] }, { module: 'humanseg_lite' });
    assert.equal(mapped.requests.at(-1)?.model, 'small');
    const named = await hubServer({ settings: { modules: ['humanseg_lite'] } });
    assert.equal(await statusOf(named, 'humanseg_lite'), '000');
    assert.equal(await statusOf(named, 'humanseg_server'), '111');
  });

  it('is settled at the start: a module that no model answers for is an error of the configuration', async () => {
    for (const module of ['bisenetv2_cityscapes', 'ace2p', 'gfm_resnet34_matting', 'nobody', 'constructor']) {
      await assert.rejects(hubServer({ settings: { modules: [module] } }), {
        code: 'config_invalid',
        message: `No model of segserve answers for the PaddleHub module "${module}". Name one under \`models\`, as in "${module}: my-model".`,
      });
    }
  });
});
