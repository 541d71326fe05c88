import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { type FaultCode, faultCodeList } from '@segserve/contract';
import { Fault } from '../../../packages/server/src/domain/fault.ts';
import type { Reply } from '../../support/ask.ts';
import { repository } from '../../support/repository.ts';
import { type BundleServer, bundleServer } from './bundleServer.ts';

const readme = path.join(repository, 'packages/server/src/protocols/bentoml/README.md');
const start = '<!-- exchanges: written by test/conformance/bentoml/exchanges.test.ts -->\n';
const end = '<!-- /exchanges -->';

/** What the engine says where a reply repeats it. */
const says = 'What the engine says.';

test("The README's exchanges are those of the running wire; SEGSERVE_RECORD=1 writes them anew", async () => {
  const text = await readFile(readme, 'utf8');
  const [before, rest = ''] = text.split(start);
  const [, after = ''] = rest.split(end);
  const recorded = `${await exchanges()}\n`;
  if (process.env.SEGSERVE_RECORD === '1') await writeFile(readme, `${before}${start}${recorded}${end}${after}`);
  else assert.equal(text, `${before}${start}${recorded}${end}${after}`);
});

/** FileInput hands these to the function; ImageInput refuses them itself. */
const ofPictures: readonly string[] = ['empty_image', 'unsupported_image', 'corrupt_image', 'image_too_large'];

/** One for each reply that differs, with all the codes that are answered so. */
async function exchanges(): Promise<string> {
  const codesOf = new Map<string, string[]>();
  const note = (shown: string, code: string) => codesOf.set(shown, [...(codesOf.get(shown) ?? []), code]);
  const apis = [{ name: 'predict' }, { name: 'image', input: 'ImageInput' }] as const;
  const server = await bundleServer({ apis });
  for (const code of faultCodeList) {
    if (code === 'not_found') note(await exchange(server, 'GET', '/nowhere'), `\`${code}\``);
    else if (code === 'method_not_allowed') note(await exchange(server, 'GET', '/predict'), `\`${code}\``);
    else note(await failing(server, code), `\`${code}\``);
  }
  for (const code of ofPictures) note(await failing(server, code, '/image'), `\`${code}\` of ImageInput`);
  const late = await bundleServer({ version: '0.13', microbatch: false });
  note(await failing(late, 'deadline_exceeded'), '`deadline_exceeded` in 0.13');
  const batched = await bundleServer({ microbatch: true });
  note(await failing(batched, 'deadline_exceeded'), '`deadline_exceeded` by `mbMaxLatencyMs`');
  const blocks: string[] = [];
  for (const [shown, codes] of codesOf) blocks.push(`${codes.join(', ')}:\n\n\`\`\`http\n${shown}\n\`\`\`\n`);
  return blocks.join('\n');
}

function failing(server: BundleServer, code: string, path = '/predict'): Promise<string> {
  server.engine.fail(new Fault(code as FaultCode, says));
  return exchange(server, 'POST', path);
}

async function exchange(server: BundleServer, method: 'GET' | 'POST', path: string): Promise<string> {
  const head = `${method} ${path} HTTP/1.1\n`;
  if (method === 'GET') return `${head}\n${shownReply(await server.get(path))}`;
  const reply = await server.call(path, '<photo>', { 'content-type': 'image/jpeg' });
  return `${head}Content-Type: image/jpeg\n\n<photo>\n\n${shownReply(reply)}`;
}

function shownReply({ status, headers, bytes }: Reply): string {
  const lines = Object.entries(headers)
    .filter(([name]) => name !== 'connection' && name !== 'content-length')
    .map(([name, value]) => `${name}: ${/request.id/.test(name) ? '<uuid4>' : value}`);
  return [`HTTP/1.1 ${status}`, ...lines.toSorted(), '', bytes.toString('utf8')].join('\n').trimEnd();
}
