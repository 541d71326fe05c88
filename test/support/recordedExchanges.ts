import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type FaultCode, faultCodeList } from '@segserve/contract';
import { repository } from './repository.ts';

/** One request and what came back, as a row of a table in Markdown. */
export interface Exchange {
  readonly says: string;
  readonly sent: string;
  readonly received: string;
}

const begin = '<!-- recorded -->';
const end = '<!-- end of record -->';

/**
 * Fails unless a wire's README shows these exchanges. With SEGSERVE_RECORD=1 they are written into it instead, so that what
 * it shows is what the wire did.
 */
export function assertRecorded(wire: string, exchanges: readonly Exchange[]): void {
  const file = path.join(repository, 'packages/server/src/protocols', wire, 'README.md');
  const lines = exchanges.map(({ says, sent, received }) => `| ${[says, sent, received].map(cell).join(' | ')} |`);
  const table = ['| what | request | reply |', '| --- | --- | --- |', ...lines].join('\n');
  const text = readFileSync(file, 'utf8');
  const [head, rest] = text.split(begin);
  const tail = rest?.split(end)[1];
  assert.ok(head !== undefined && tail !== undefined, `${file} has a place between ${begin} and ${end}`);
  const recorded = `${head}${begin}\n\n${table}\n\n${end}${tail}`;
  if (process.env.SEGSERVE_RECORD === '1') writeFileSync(file, recorded);
  else assert.equal(text, recorded, 'the README shows what the wire does; SEGSERVE_RECORD=1 records it anew');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

/** A piece of a table cell that is code, backquotes inside included. */
export function code(text: string): string {
  return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``;
}

/** Faults that an engine may answer with, grouped by what a caller sees of them. */
export async function groupedFaults(
  replyTo: (fault: FaultCode) => Promise<string>,
): Promise<{ faults: readonly FaultCode[]; reply: string }[]> {
  const groups = new Map<string, FaultCode[]>();
  for (const fault of faultCodeList) {
    const reply = await replyTo(fault);
    groups.set(reply, [...(groups.get(reply) ?? []), fault]);
  }
  return [...groups].map(([reply, faults]) => ({ faults, reply }));
}
