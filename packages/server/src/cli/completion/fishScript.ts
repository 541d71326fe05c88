import type { CompletedCommand, CompletedOption } from './commandTree.ts';

export function fishScript(name: string, commands: readonly CompletedCommand[]): string {
  const lines = commands.flatMap((command) => linesOf(name, command, commands));
  return `# Completion of ${name} for fish. Load it with: ${name} completion fish | source
complete -c ${name} -f
${lines.join('\n')}
`;
}

function linesOf(name: string, command: CompletedCommand, all: readonly CompletedCommand[]): string[] {
  const condition = conditionOf(command, all);
  const start = `complete -c ${name} -n "${condition}"`;
  return [
    ...command.subcommands.map((sub) => `${start} -a ${sub.name} -d '${escaped(sub.says)}'`),
    ...command.options.map((option) => `${start} ${optionSpec(option)}`),
    ...(command.choices.length > 0 ? [`${start} -a '${command.choices.join(' ')}'`] : []),
    ...(command.takesFiles ? [`${start} -F`] : []),
  ];
}

/** True when the words so far lead to this command and to none below it. */
function conditionOf({ words, subcommands }: CompletedCommand, all: readonly CompletedCommand[]): string {
  const below = all.filter((other) => other.words.length === words.length + 1 && startsWith(other.words, words));
  const deeper = [
    ...new Set([...subcommands.map((sub) => sub.name), ...below.map((other) => other.words.at(-1) ?? '')]),
  ];
  if (words.length === 0) return '__fish_use_subcommand';
  const seen = words.map((word) => `__fish_seen_subcommand_from ${word}`);
  return [...seen, ...(deeper.length > 0 ? [`not __fish_seen_subcommand_from ${deeper.join(' ')}`] : [])].join(
    '; and ',
  );
}

function startsWith(words: readonly string[], start: readonly string[]): boolean {
  return start.every((word, index) => words[index] === word);
}

function optionSpec({ flags, says, takesValue, choices }: CompletedOption): string {
  const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  const value = takesValue ? (choices.length > 0 ? [`-x -a '${choices.join(' ')}'`] : ['-r -F']) : [];
  return [...names, ...value, `-d '${escaped(says)}'`].join(' ');
}

function escaped(text: string): string {
  return text.replace(/\\/g, '\\\\').replace(/'/g, "\\'");
}
