import { Argument, Command } from 'commander';
import type { Context } from '../context.ts';
import { withExamples } from '../examples.ts';
import type { Finish } from '../program.ts';

const shells = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof shells)[number];

/** `segserve completion`: a script for the shell, drawn from the commands themselves. */
export function completionCommand(context: Context, finish: Finish, program: () => Command): Command {
  const command = new Command('completion')
    .description('Print a script that completes commands and options in your shell')
    .addArgument(new Argument('<shell>', 'your shell').choices(shells));
  withExamples(command, [
    ['source <(segserve completion bash)', 'bash, in ~/.bashrc'],
    ['source <(segserve completion zsh)', 'zsh, in ~/.zshrc after compinit'],
    ['segserve completion fish | source', 'fish, in ~/.config/fish/config.fish'],
  ]);
  return command.action(async (shell: Shell) => {
    const { completionScript } = await import('../completion/completionScript.ts');
    await context.stdout.write(completionScript(shell, program()));
    finish(0);
  });
}
