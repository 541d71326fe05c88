import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fakeContext } from '../fakeContext.testSupport.ts';
import { buildProgram } from '../program.ts';
import { run } from '../run.ts';
import { commandTree } from './commandTree.ts';
import { completionScript } from './completionScript.ts';

const program = buildProgram(fakeContext(), () => {});

for (const shell of ['bash', 'zsh', 'fish'] as const) {
  test(`The ${shell} script holds every command and every option`, async () => {
    const context = fakeContext();
    assert.equal(await run(['completion', shell], context), 0);
    const script = context.stdout.text;
    for (const { words, options, choices } of commandTree(program)) {
      for (const word of [...words, ...choices]) assert.ok(script.includes(word), word);
      for (const flag of options.flatMap(({ flags }) => flags)) {
        assert.ok(
          script.includes(shell === 'fish' ? flag.replace(/^--/, '-l ').replace(/^-(\w)$/, '-s $1') : flag),
          flag,
        );
      }
    }
  });

  const isHere = spawnSync(shell, ['-c', 'true']).status === 0;
  test(`${shell} itself takes the script`, { skip: isHere ? false : `${shell} is not installed` }, () => {
    const check = spawnSync(shell, ['-n'], { input: completionScript(shell, program), encoding: 'utf8' });
    assert.equal(check.status, 0, check.stderr);
  });
}

test('An unknown shell is wrong usage that names the known ones', async () => {
  const context = fakeContext();
  assert.equal(await run(['completion', 'tcsh'], context), 2);
  assert.match(context.stderr.text, /Allowed choices are bash, zsh, fish\./);
});

test('bash completes commands, subcommands, options and the words that an option takes', () => {
  const complete = (...words: string[]): string[] => {
    const script = `${completionScript('bash', program)}
      COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}
      _segserve; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return execFileSync('bash', ['--norc'], { input: script, encoding: 'utf8' }).split('\n').filter(Boolean);
  };
  assert.deepEqual(complete('segserve', 'se'), ['segment', 'serve', 'serving']);
  assert.deepEqual(complete('segserve', 'models', 'l'), ['list']);
  assert.deepEqual(complete('segserve', 'serve', '--log-l'), ['--log-level']);
  assert.deepEqual(complete('segserve', 'serve', '--log-level', 'de'), ['debug']);
  assert.deepEqual(complete('segserve', 'models', 'list', '--js'), ['--json']);
  assert.deepEqual(complete('segserve', 'completion', ''), ['bash', 'zsh', 'fish']);
  assert.deepEqual(complete('segserve', 'segment', 'a.jpg', '--skip'), ['--skip-existing']);
});
