import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import sharp from 'sharp';
import { examplePhoto } from '../../support/repository.ts';
import { startHere } from '../../support/servers.ts';
import { runPython, skipWithoutPython } from '../support/runPython.ts';

const packages = process.env.SEGSERVE_CLIENTS_NPM;
const skipWithoutNpm = packages === undefined && 'needs the packages that "npm run test:clients" sets up';
const token = 'hf_secret';
const models = { 'briaai/RMBG-1.4': 'portrait' };

describe('clients of Hugging Face', { timeout: 240_000 }, () => {
  let url: string;
  let guarded: string;
  let close: (() => Promise<void>) | undefined;

  before(async () => {
    const wires = [
      { name: 'huggingface', port: 0, models },
      { name: 'huggingface', port: 0, models, token },
    ] as const;
    const server = await startHere({ wires: [...wires] }, { keep: true });
    close = () => server.close();
    [url, guarded] = server.addresses.filter(({ wires }) => wires.includes('huggingface')).map((it) => it.url) as [
      string,
      string,
    ];
  });
  after(() => close?.());

  test('huggingface_hub, in its forms for one thread and for many, gets what it expects', {
    skip: skipWithoutPython,
  }, async () => {
    const script = path.join(import.meta.dirname, 'client.py');
    assert.match(await runPython(script, [url, guarded, token, examplePhoto]), /done/);
  });

  describe('@huggingface/inference', { skip: skipWithoutNpm }, () => {
    /** As far as it is used here. */
    interface Segment {
      readonly label: string;
      readonly score?: number;
      readonly mask: string;
    }
    type Arguments = { inputs: Blob; parameters?: Record<string, unknown>; accessToken?: string; endpointUrl: string };
    let imageSegmentation: (args: Arguments) => Promise<Segment[]>;
    let inputs: Blob;

    before(async () => {
      const require = createRequire(path.join(packages!, 'package.json'));
      ({ imageSegmentation } = require('@huggingface/inference'));
      inputs = new Blob([new Uint8Array(await readFile(examplePhoto))], { type: 'image/jpeg' });
    });

    test('finds the person at the address of an endpoint, and at that of a model', async () => {
      for (const endpointUrl of [
        url,
        `${url}/models/briaai/RMBG-1.4`,
        `${url}/hf-inference/models/segserve/portrait`,
      ]) {
        const [person, ...others] = await imageSegmentation({ inputs, endpointUrl });
        assert.deepEqual([person?.label, others.length], ['person', 0]);
        assert.ok(person!.score! > 0.5 && person!.score! <= 1);
        const mask = sharp(Buffer.from(person!.mask, 'base64')).toColourspace('b-w').raw();
        const { data, info } = await mask.toBuffer({ resolveWithObject: true });
        assert.deepEqual([info.width, info.height, info.channels], [512, 512, 1]);
        assert.deepEqual(
          [...new Set(data)].toSorted((one, other) => one - other),
          [0, 255],
        );
      }
    });

    test('sends parameters, and is told what is wrong with them', async () => {
      assert.equal((await imageSegmentation({ inputs, endpointUrl: url, parameters: { threshold: 0.3 } })).length, 1);
      assert.deepEqual(await imageSegmentation({ inputs, endpointUrl: url, parameters: { threshold: 1 } }), []);
      const wrong = imageSegmentation({ inputs, endpointUrl: url, parameters: { subtask: 'panoptic' } });
      await assert.rejects(wrong, /`parameters\.subtask` of portrait to be semantic but received panoptic/);
      const unknown = imageSegmentation({ inputs, endpointUrl: `${url}/models/no/body` });
      await assert.rejects(unknown, /Model no\/body is not served here/);
    });

    test('bears its token', async () => {
      const segments = await imageSegmentation({ inputs, endpointUrl: guarded, accessToken: token });
      assert.equal(segments.length, 1);
      for (const accessToken of ['hf_wrong', '']) {
        await assert.rejects(imageSegmentation({ inputs, endpointUrl: guarded, accessToken }), /Invalid credentials/);
      }
    });
  });
});
