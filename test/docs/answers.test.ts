import assert from 'node:assert/strict';
import { readFile, stat } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { answerKinds } from '@segserve/contract';
import sharp from 'sharp';
import { answerExamples } from '../../docs/images/answerExamples.ts';
import {
  answersPage,
  beginOf,
  endOf,
  formatsLine,
  headOf,
  pictureOf,
  requestLine,
} from '../../docs/images/answersPage.ts';

const page = await readFile(answersPage, 'utf8');
const remedy = 'npm run docs:images draws and writes it anew';

/** From its heading to the next one. */
function sectionOf(kind: string): string | undefined {
  return page.split(/^(?=## )/m).find((section) => section.startsWith(`## ${kind}\n`));
}

describe('docs/reference/answers.md', () => {
  for (const kind of answerKinds) {
    it(`shows ${kind}: what it is, its formats, a request and the picture made by it`, async () => {
      const section = sectionOf(kind);
      assert.ok(section, `There is no section "## ${kind}".`);
      assert.ok(
        section.startsWith(headOf(kind)),
        `The section begins otherwise than the API describes ${kind}; ${remedy}.`,
      );
      const block = section.slice(section.indexOf(beginOf(kind)), section.indexOf(endOf));
      for (const part of [formatsLine(kind), requestLine(kind), `](${pictureOf(kind)})`]) {
        assert.ok(block.includes(part), `Expected "${part}" in the section; ${remedy}.`);
      }
      assert.match(answerExamples[kind].query, new RegExp(`^answer=${kind}(&|$)`));
      const own = section.replace(headOf(kind), '').replace(block, '').replace(endOf, '').trim();
      assert.ok(own.length > 80, 'The section says nothing beyond what is generated.');
    });
  }

  it('describes no answer that there is not', () => {
    const titles: string[] = [...page.matchAll(/^## (.*)$/gm)].map(([, title]) => title!);
    assert.deepEqual(titles, [...answerKinds] as string[]);
    for (const [, anchor] of page.matchAll(/\]\(#(\w+)\)/g)) assert.ok(titles.includes(anchor!), `#${anchor}`);
  });

  it('names every answer in its table', () => {
    const table = page.slice(0, page.indexOf('\n## '));
    for (const kind of answerKinds) assert.ok(table.includes(`[${kind}](#${kind})`), kind);
  });

  it('has pictures that are small: 600 pixels wide and 40 KB at most, 700 KB together', async () => {
    let sum = 0;
    for (const kind of answerKinds) {
      const file = new URL(pictureOf(kind), answersPage).pathname;
      const { size } = await stat(file);
      const { format, width } = await sharp(file).metadata();
      assert.ok(
        format === 'webp' && width <= 600 && size <= 40 * 1024,
        `${kind}: ${format}, ${width} wide, ${size} bytes`,
      );
      sum += size;
    }
    assert.ok(sum <= 700 * 1024, `${sum} bytes together`);
  });
});
