import type { Command } from 'commander';
import { bashScript } from './bashScript.ts';
import { commandTree } from './commandTree.ts';
import { fishScript } from './fishScript.ts';
import { zshScript } from './zshScript.ts';

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript };

/** The completion script of one shell for the whole command line. */
export function completionScript(shell: keyof typeof scripts, program: Command): string {
  return scripts[shell](program.name(), commandTree(program));
}
