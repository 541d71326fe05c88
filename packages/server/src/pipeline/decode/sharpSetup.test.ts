import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ownDecoders, sharp } from './sharpSetup.ts';

test('in a process of our own libvips opens nothing but the six formats, and only from memory', async () => {
  const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
  const bmp = Buffer.alloc(70);
  bmp.write('BM');
  const png = await sharp(svg).png().toBuffer(); // It could, before.
  ownDecoders();
  for (const bytes of [svg, bmp, Buffer.from('%PDF-1.4\n'), Buffer.from('P6 1 1 255 abc')]) {
    await assert.rejects(sharp(bytes).toBuffer(), /unsupported/);
  }
  await assert.rejects(sharp(import.meta.filename).toBuffer(), /unsupported/);
  assert.equal((await sharp(png).metadata()).width, 9);
});
