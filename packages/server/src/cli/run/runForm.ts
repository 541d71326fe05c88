/**
 * Whose `run` these words are. PaddleHub's options have underscores and its command one word before them; BentoML's
 * command has two, the bundle and its API, and options with dashes.
 */
export function runForm(words: readonly string[]): 'bundle' | 'module' {
  if (words.some((word) => /^--[a-z]+_\w+(=|$)/.test(word))) return 'module';
  if (words.some((word) => /^--input(-|=|$)/.test(word))) return 'bundle';
  const bare = words.filter((word) => word !== '-q' && word !== '--quiet');
  const firstOption = bare.findIndex((word) => word.startsWith('-'));
  const positionals = firstOption < 0 ? bare.length : firstOption;
  return positionals >= 2 ? 'bundle' : 'module';
}
