import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Fault } from '../../../packages/server/src/domain/fault.ts';
import { hubReply, hubServer, photo, pictureOf, predict } from './hubServer.ts';

const modules = ['deeplabv3p_xception65_humanseg', 'humanseg_server'];
const settings = { version: '1.8', modules, models: { ace2p: 'people' } } as const;
const server = await hubServer({ settings });
const picture = await photo();
const bytes = Buffer.from(picture, 'base64');
const failed = { status: '-1', msg: 'Please check data format!', results: '' };

const postForm = async (module: string, body: FormData | URLSearchParams, to = server) =>
  hubReply(await fetch(`${to.url}/predict/image/${module}`, { method: 'POST', body }));

describe('POST /predict/<module> of release 1.8', () => {
  it('answers with status 0', async () => {
    const { body, results } = await predict(server, { images: [picture] });
    assert.deepEqual([body?.status, body?.msg], ['0', '']);
    const [{ data }] = results as [{ data: string }];
    assert.deepEqual(await pictureOf(data), { format: 'jpeg', width: 40, height: 20, channels: 1 });
  });

  it('answers with status -1 and always the same sentence when the method fails', async () => {
    for (const body of [{}, { images: ['!!!'] }, { images: [], foo: 1 }]) {
      assert.deepEqual((await predict(server, body)).body, failed);
    }
  });

  it('answers with status -1 when the module is not there, or the body is not declared as JSON', async () => {
    const missing = await predict(server, {}, { module: 'nobody' });
    assert.deepEqual(missing.body, { status: '-1', msg: 'Module nobody is not available.', results: '' });
    const outOfDate = await predict(server, 'x', { type: 'text/plain' });
    assert.equal(outOfDate.body?.status, '-1');
    assert.match(String(outOfDate.body?.msg), /^This usage is out of date, .* \/predict\/humanseg_server\. See/);
  });
});

describe('POST /predict/image/<module>', () => {
  const uri = `data:image/png;base64,${picture}`;

  it('takes files and answers with a list of dicts as Python writes it, pictures as data URIs', async () => {
    const form = new FormData();
    form.append('image', new Blob([bytes]), "girl's.jpg");
    form.append('image', new Blob([bytes]), 'two.png');
    form.append('visual', 'true');
    const { http, body } = await postForm('deeplabv3p_xception65_humanseg', form);
    assert.equal(http, 200);
    assert.deepEqual([body?.status, body?.msg], ['0', '']);
    const item = (origin: string, processed: string) =>
      `\\{'origin': ${origin}, 'processed': ${processed}, 'base64': 'data:image/png;base64,([A-Za-z0-9+/=]+)'\\}`;
    const [first, second] = [
      item('"girl\'s\\.jpg"', '"humanseg_output/girl\'s\\.png"'),
      item("'two\\.png'", "'humanseg_output/two\\.png'"),
    ];
    const [, data] = new RegExp(`^\\[${first}, ${second}\\]$`).exec(String(body?.results)) ?? [];
    assert.deepEqual(await pictureOf(data), { format: 'png', width: 40, height: 20, channels: 4 });
    assert.equal(server.requests.at(-1)?.answers[0]?.kind, 'cutout');
  });

  it('takes fields that are data URIs, in a form of either kind', async () => {
    const multipart = new FormData();
    multipart.append('image', uri);
    for (const form of [multipart, new URLSearchParams({ image: uri })]) {
      const { body } = await postForm('ace2p', form);
      assert.match(
        String(body?.results),
        /^\[\{'origin': '[0-9a-f]{32}\.png', 'processed': 'ace2p_output\/[0-9a-f]{32}\.png', 'base64': 'data:/,
      );
      assert.equal(server.requests.at(-1)?.answers[0]?.kind, 'color');
      assert.deepEqual(Buffer.from(server.requests.at(-1)!.image), bytes);
    }
  });

  it('takes several fields, also large ones', async () => {
    const form = new FormData();
    for (const width of [10, 20]) form.append('image', `data:image/jpeg;base64,${await photo(width, 3)}`);
    form.append('image', `data:image/jpg;base64,${'\n'.repeat(300_000)}${picture}`);
    const { body } = await postForm('ace2p', form);
    assert.equal(body?.status, '0');
    const uris = [...String(body.results).matchAll(/base64,([^']+)/g)].map(([, data]) => pictureOf(data));
    assert.deepEqual(
      (await Promise.all(uris)).map(({ width }) => width),
      [10, 20, 40],
    );
  });

  it('refuses other types by their name', async () => {
    for (const wrong of ['data:image/gif;base64,R0lGOD', 'hello', '', `data:image/PNG;base64,${picture}`]) {
      const { body } = await postForm('ace2p', new URLSearchParams([['image', wrong]]));
      assert.deepEqual(body, { status: '-1', msg: 'Unrecognized file type', results: '' });
    }
  });

  it('answers what cannot be read with the one sentence', async () => {
    const ofText = new FormData();
    ofText.append('image', new Blob(['no picture']), 'a.png');
    const forms = [new FormData(), ofText, new URLSearchParams({ image: 'data:image/png;base64,abc' })];
    for (const form of forms) assert.deepEqual((await postForm('ace2p', form)).body, failed);
    for (const type of ['application/json', 'multipart/form-data', 'multipart/form-data; boundary=x']) {
      const init = { method: 'POST', body: Buffer.from('--y\r\nnonsense'), headers: { 'content-type': type } };
      const { body } = await hubReply(await fetch(`${server.url}/predict/image/ace2p`, init));
      assert.deepEqual(body, failed, type);
    }
    const broken = await hubServer({ settings, onSegment: () => Promise.reject(new Fault('internal', 'secret')) });
    assert.deepEqual((await postForm('ace2p', new URLSearchParams({ image: uri }), broken)).body, failed);
  });

  it('sends callers of newer modules to the newer form', async () => {
    const { body, msg } = await postForm('humanseg_server', new URLSearchParams({ image: uri }));
    assert.deepEqual([body?.status, body?.results], ['-1', '']);
    assert.match((msg as { Warnning: string }).Warnning, /^This usage is out of date, .*humanseg_server\./);
  });

  it('says that a module is not there in a form of its own', async () => {
    const { body } = await postForm('nobody', new URLSearchParams({ image: uri }));
    assert.deepEqual(body, { error: 'Module nobody is not available.' });
  });
});

describe('The other addresses', () => {
  it('GET and POST /get/modules list what is loaded', async () => {
    for (const method of ['GET', 'POST']) {
      const { text } = await hubReply(await fetch(`${server.url}/get/modules`, { method }));
      const names = ['deeplabv3p_xception65_humanseg', 'humanseg_server', 'ace2p'].map((name) => ({ [name]: name }));
      const cv_module = [{ 'Choose...': 'Choose...' }, ...names];
      assert.equal(text, `${JSON.stringify({ module_info: { cv_module } })}\n`);
    }
    const none = await hubServer({ settings: { modules: [] } });
    assert.equal(await (await fetch(`${none.url}/get/modules`)).text(), '{"module_info":{}}\n');
  });

  it('POST /predict/text/<module> has no modules', async () => {
    const { body } = await hubReply(await fetch(`${server.url}/predict/text/lac`, { method: 'POST', body: 'text=1' }));
    assert.deepEqual(body, { error: 'Module lac is not available.' });
  });

  it('stand also where /predict/<module> answers as release 2', async () => {
    const plain = await hubServer({ settings: { modules: ['deeplabv3p_xception65_humanseg'] } });
    const uri = new URLSearchParams({ image: `data:image/png;base64,${picture}` });
    assert.equal((await postForm('deeplabv3p_xception65_humanseg', uri, plain)).body?.status, '0');
  });
});
