import type { Command, Option } from 'commander';

export interface CompletedOption {
  /** "-o", "--output" */
  readonly flags: readonly string[];
  readonly says: string;
  readonly takesValue: boolean;
  readonly choices: readonly string[];
}

export interface CompletedCommand {
  /** Without the program's name: [], ["segment"], ["models", "list"]. */
  readonly words: readonly string[];
  readonly says: string;
  readonly subcommands: readonly { readonly name: string; readonly says: string }[];
  readonly options: readonly CompletedOption[];
  /** Words that an argument may be; empty: file names. */
  readonly choices: readonly string[];
  readonly takesFiles: boolean;
}

/** Every command with all that a shell can complete, read from commander's own definitions. */
export function commandTree(program: Command): CompletedCommand[] {
  return walk(program, []);
}

function walk(command: Command, words: readonly string[]): CompletedCommand[] {
  const help = command.createHelp();
  const subcommands = help.visibleCommands(command).map((sub) => ({ name: sub.name(), says: sub.description() }));
  const choices = command.registeredArguments.flatMap((argument) => argument.argChoices ?? []);
  const own: CompletedCommand = {
    words,
    says: command.description(),
    subcommands,
    options: help.visibleOptions(command).map(completed),
    choices,
    takesFiles: command.registeredArguments.length > 0 && choices.length === 0,
  };
  return [own, ...command.commands.flatMap((sub) => walk(sub, [...words, sub.name()]))];
}

function completed(option: Option): CompletedOption {
  return {
    flags: [option.short, option.long].filter((flag) => flag != null),
    says: option.description,
    takesValue: option.required || option.optional,
    choices: option.argChoices ?? [],
  };
}
