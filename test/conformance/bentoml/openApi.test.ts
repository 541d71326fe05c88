import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bundleServer, text } from './bundleServer.ts';

const server = await bundleServer({
  serviceVersion: '20201009125205_5509D4',
  description: 'Masks — and "labels"',
  apis: [
    { name: 'predict' },
    { name: 'picture', input: 'ImageInput' },
    { name: 'both', input: 'MultiImageInput', inputNames: ['original', 'compared'] },
    { name: 'any', input: 'JsonInput' },
  ],
});
const written = text(await server.get('/docs.json'));
const document = JSON.parse(written);
const binary = { type: 'string', format: 'binary' };
const success = { 200: { description: 'success' } };

describe('/docs.json', () => {
  it('has its keys in the order that clients know', () => {
    assert.deepEqual(Object.keys(document), ['openapi', 'info', 'tags', 'paths']);
    assert.deepEqual(Object.keys(document.info), ['version', 'title', 'description']);
    assert.deepEqual(document.tags, [{ name: 'infra' }, { name: 'app' }]);
    const apis = ['/predict', '/picture', '/both', '/any'];
    assert.deepEqual(Object.keys(document.paths), ['/healthz', '/metrics', '/feedback', ...apis]);
    assert.deepEqual(Object.keys(document.paths['/predict'].post), ['tags', 'description', 'requestBody', 'responses']);
  });

  it('names service and version', () => {
    assert.equal(document.info.title, 'PytorchImageSegment');
    assert.equal(document.info.version, '20201009125205_5509D4');
  });

  it('is written in the style of json.dumps', () => {
    assert.ok(written.startsWith('{"openapi": "3.0.0", "info": {"version": "20201009125205_5509D4", "title": '));
    assert.ok(written.includes(String.raw`"Masks \u2014 and \"labels\""`));
  });

  it('has /metadata last among its own addresses from 0.10 on', async () => {
    const late = await bundleServer({ version: '0.13' });
    const { paths } = JSON.parse(text(await late.get('/docs.json')));
    assert.deepEqual(Object.keys(paths), ['/healthz', '/metrics', '/feedback', '/metadata', '/predict']);
  });

  it('says what each API takes', () => {
    const content = (path: string) => document.paths[path].post.requestBody;
    const form = (names: string[]) => ({
      schema: { type: 'object', properties: Object.fromEntries(names.map((name) => [name, binary])) },
    });
    assert.deepEqual(content('/predict'), {
      required: true,
      content: { 'multipart/form-data': form(['file']), '*/*': { schema: binary } },
    });
    assert.deepEqual(content('/picture').content, {
      'image/*': { schema: binary },
      'multipart/form-data': form(['image_file']),
    });
    assert.deepEqual(content('/both').content, { 'multipart/form-data': form(['original', 'compared']) });
    const { tags, responses, description } = document.paths['/predict'].post;
    assert.deepEqual([tags, responses], [['app'], success]);
    assert.equal(description, "BentoService inference API 'predict', input: 'FileInput', output: 'DefaultOutput'");
  });
});
