import assert from 'node:assert/strict';
import { it } from 'node:test';
import { plan } from '../testing/pictures.ts';
import { KeptRunsByWish } from './keptRuns.ts';
import { OutlineRows } from './outlineRows.ts';

it('an outline answer that is too long to be written ends as one that is too large', async () => {
  const kept = new KeptRunsByWish({ width: 1, height: 1 });
  const wish = plan('polygons', { format: 'json' });
  const tooLong = () => 'x'.repeat(2 ** 30);
  kept.of(wish).scene = () => assert.fail(tooLong());
  const rows = new OutlineRows(wish, { width: 1, height: 1, bytesMax: 99, geo: undefined, kept });
  await assert.rejects(rows.end(), { code: 'image_too_large', message: /at most 99 bytes/ });
  kept.of(wish).scene = () => assert.fail('something else');
  await assert.rejects(rows.end(), /something else/);
});
