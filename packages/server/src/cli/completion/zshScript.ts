import type { CompletedCommand, CompletedOption } from './commandTree.ts';

/** A function for each command, in the manner of zsh's own: `_arguments` and `_describe`. */
export function zshScript(name: string, commands: readonly CompletedCommand[]): string {
  return `#compdef ${name}
# Completion of ${name} for zsh. Load it with: source <(${name} completion zsh)
${commands.map((command) => functionOf(name, command)).join('\n')}
compdef ${functionName(name, [])} ${name}
`;
}

function functionOf(name: string, { words, subcommands, options, choices, takesFiles }: CompletedCommand): string {
  const specs = options.map(optionSpec);
  if (subcommands.length > 0) specs.push(`'1: :->command'`, `'*:: :->rest'`);
  else if (choices.length > 0) specs.push(`'1: :(${choices.join(' ')})'`);
  else if (takesFiles) specs.push(`'*: :_files'`);
  return `${functionName(name, words)}() {
  local state line
  _arguments -C \\
    ${specs.join(' \\\n    ')}${subcommands.length > 0 ? dispatch(name, words, subcommands) : ''}
}`;
}

function dispatch(name: string, words: readonly string[], subcommands: CompletedCommand['subcommands']): string {
  const described = subcommands.map((sub) => `      '${escaped(sub.name)}:${escaped(sub.says)}'`).join('\n');
  const known = subcommands.filter((sub) => sub.name !== 'help');
  const cases = known.map((sub) => `      ${sub.name}) ${functionName(name, [...words, sub.name])} ;;`).join('\n');
  return `
  if [[ $state == command ]]; then
    local -a commands=(
${described}
    )
    _describe command commands
  elif [[ $state == rest ]]; then
    case $line[1] in
${cases}
    esac
  fi`;
}

function optionSpec({ flags, says, takesValue, choices }: CompletedOption): string {
  const value = takesValue ? `: :${choices.length > 0 ? `(${choices.join(' ')})` : '_files'}` : '';
  const spec = `[${escaped(says).replace(/[[\]]/g, '\\$&')}]${value}`;
  return flags.length > 1 ? `'(${flags.join(' ')})'{${flags.join(',')}}'${spec}'` : `'${flags[0]}${spec}'`;
}

function functionName(name: string, words: readonly string[]): string {
  return `_${[name, ...words].join('_')}`;
}

function escaped(text: string): string {
  return text.replace(/'/g, "'\\''");
}
