import type { CompletedCommand } from './commandTree.ts';

/** Works with plain bash from 3.2 on, as macOS has it; needs no bash-completion package. */
export function bashScript(name: string, commands: readonly CompletedCommand[]): string {
  const paths = commands.flatMap(({ words }) => (words.length > 0 ? [words.join(' ')] : []));
  return `# Completion of ${name} for bash. Load it with: source <(${name} completion bash)
_${name}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" at="" word
  COMPREPLY=()
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "\${at:+$at }$word" in
      ${paths.map((path) => `"${path}"`).join('|')}) at="\${at:+$at }$word" ;;
    esac
  done
  case "$at:$previous" in
${commands.flatMap(valueCases).join('\n')}
  esac
  case "$at" in
${commands.map(wordCase).join('\n')}
  esac
}
complete -o filenames -F _${name} ${name}
`;
}

function valueCases({ words, options }: CompletedCommand): string[] {
  return options
    .filter(({ takesValue }) => takesValue)
    .map(({ flags, choices }) => {
      const pattern = flags.map((flag) => `"${words.join(' ')}:${flag}"`).join('|');
      const reply = choices.length > 0 ? `-W "${choices.join(' ')}"` : '-f';
      return `    ${pattern}) COMPREPLY=($(compgen ${reply} -- "$current")); return ;;`;
    });
}

function wordCase({ words, subcommands, options, choices, takesFiles }: CompletedCommand): string {
  const flags = options.flatMap((option) => option.flags).join(' ');
  const plain = [...subcommands.map((sub) => sub.name), ...choices].join(' ');
  const files = takesFiles ? ' -f' : '';
  return `    "${words.join(' ')}")
      if [[ "$current" == -* ]]; then COMPREPLY=($(compgen -W "${flags}" -- "$current"))
      else COMPREPLY=($(compgen -W "${plain}"${files} -- "$current")); fi ;;`;
}
