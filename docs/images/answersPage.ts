import { type AnswerKind, answerFacts, answerKinds } from '@segserve/contract';
import { answerExamples } from './answerExamples.ts';
import { typeOf } from './exampleServer.ts';

/** docs/reference/answers.md; everything between the marks of a kind is written by make.ts. */
export const answersPage = new URL('../reference/answers.md', import.meta.url);

export const beginOf = (kind: AnswerKind) => `<!-- example: ${kind} -->`;
export const endOf = '<!-- end of example -->';

/** Where its picture lies, from the page. */
export const pictureOf = (kind: AnswerKind) => `../images/answers/${kind}.webp`;

/** The first paragraph of a kind's section is what the API says of it. */
export function headOf(kind: AnswerKind): string {
  const { says } = answerFacts[kind];
  return `## ${kind}\n\n${says.charAt(0).toUpperCase()}${says.slice(1)}\n`;
}

export function formatsLine(kind: AnswerKind): string {
  const [first, ...others] = answerFacts[kind].formats;
  return `Formats: **\`${first}\`**${others.map((format) => `, \`${format}\``).join('')}.`;
}

/** The very request that made the picture. */
export function requestLine(kind: AnswerKind): string {
  const { photo, model, query } = answerExamples[kind];
  const file = `--data-binary @examples/${photo} -H 'Content-Type: ${typeOf(photo)}'`;
  return `curl ${file} \\\n  'localhost:8080/v1/models/${model}/segment?${query}'`;
}

/** The part of the page that shows a kind: formats, request, picture, and what its text looks like. */
export function blockOf(kind: AnswerKind, answer: Buffer): string {
  const { alt, drawn, excerpt } = answerExamples[kind];
  const parts = [formatsLine(kind), fenced('sh', requestLine(kind)), `![${alt}](${pictureOf(kind)})`];
  if (drawn !== undefined) parts.push(`_${drawn}_`);
  if (excerpt !== undefined) parts.push(fenced(languageOf(kind), excerpt(answer)));
  return `${beginOf(kind)}\n\n${parts.join('\n\n')}\n\n${endOf}`;
}

/** The page with every block anew. Throws where a kind has no section. */
export function pageWith(text: string, answers: ReadonlyMap<AnswerKind, Buffer>): string {
  return answerKinds.reduce((page, kind) => {
    const head = new RegExp(`^## ${kind}\n\n.*\n`, 'm');
    const start = page.indexOf(beginOf(kind));
    const end = page.indexOf(endOf, start);
    if (start < 0 || end < 0 || !head.test(page)) {
      throw new Error(
        `Expected a section "${kind}" with "${beginOf(kind)}" and "${endOf}" in docs/reference/answers.md.`,
      );
    }
    const filled = page.slice(0, start) + blockOf(kind, answers.get(kind)!) + page.slice(end + endOf.length);
    return filled.replace(head, () => headOf(kind));
  }, text);
}

/** What is cut with "…" is no JSON any more, and highlighted as if it were. */
function languageOf(kind: AnswerKind): string {
  const [format] = answerFacts[kind].formats;
  return format === 'npy' ? 'python' : format === 'svg' ? 'svg' : format === 'txt' ? 'text' : 'js';
}

function fenced(language: string, text: string): string {
  return `\`\`\`${language}\n${text}\n\`\`\``;
}
