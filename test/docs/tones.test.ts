import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { answerExamples } from '../../docs/images/answerExamples.ts';
import { writeTones } from '../../docs/images/tones.ts';
import { open } from '../../packages/server/src/index.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';

test('the packages that answers.md tells its reader to make load, and give the answers shown with them', async () => {
  const folder = temporaryFolder();
  await writeTones(folder);
  const examples = Object.entries(answerExamples).filter(([, { model }]) => model.startsWith('tones'));
  const models = Map.groupBy(examples, ([, { model }]) => model);
  assert.ok(models.size >= 3);
  for (const [model, shown] of models) {
    await using segserve = await open({ model, folders: [folder] });
    const kinds = shown.map(([kind]) => kind as keyof typeof answerExamples);
    const photo = await readFile(new URL(`../../examples/${shown[0]![1].photo}`, import.meta.url));
    const { answers } = await segserve.segment(photo, { answer: kinds });
    assert.deepEqual(
      answers.map(({ kind, bytes }) => [kind, bytes.length > 0]),
      kinds.map((kind) => [kind, true]),
    );
  }
});
