/** Where a value came from. `name` is what a person looks for: "segserve.yaml:4:9", "SEGSERVE_LOG_LEVEL", "--port". */
export interface Origin {
  readonly source: 'default' | 'file' | 'environment' | 'flag' | 'code' | 'derived';
  readonly name: string;
}

/** One value that one source gives to one known key, not yet checked. */
export interface Setting {
  readonly key: string;
  readonly value: unknown;
  readonly origin: Origin;
  /** The folder that relative paths start from. */
  readonly folder: string;
}

/** What a source yields: settings for known keys, and a line for each thing in it that cannot be used. */
export interface Settings {
  readonly settings: readonly Setting[];
  readonly complaints: readonly string[];
}

/** "segserve.yaml:4:9: listen.port: expected a port, found "abc"." */
export function complaint(origin: Origin, key: string, sentence: string): string {
  return `${origin.name}: ${key}: ${sentence}`;
}

/** A found value, short enough for one line. */
export function shown(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
