import type { ConfigSource } from '../../config/configSchema.ts';

/** A file or folder of a predecessor, as it lies on disk. */
export interface OldConfig {
  /** Absolute. */
  readonly path: string;
  /** `isFolder`: `text` is empty and `files` names what lies directly inside. */
  readonly isFolder: boolean;
  /** UTF-8 text of the file; empty for a folder. */
  readonly text: string;
  /** Names inside the folder, or beside the file. */
  readonly files: readonly string[];
  /** Text of a file by its path relative to the folder (or to the file's own folder); undefined when it is not there. */
  read(relative: string): Promise<string | undefined>;
}

/** A key of the old configuration that has no meaning here, or means something else, said in one sentence. */
export interface MigrationNote {
  /** As it stands in the old file: `[BISENETV2_SERVER].worker_nums`. */
  readonly key: string;
  readonly says: string;
}

export interface Migration {
  /** The equivalent segserve configuration. */
  readonly config: ConfigSource;
  /** In the order of the old file. */
  readonly notes: readonly MigrationNote[];
}

/** Knows one kind of configuration of one predecessor. */
export interface OldConfigReader {
  /** What a person calls it: "PaddleHub config.json". */
  readonly title: string;
  /** Whether this is one, judged by names and the shape of the text; must be cheap and never throw. */
  recognises(old: OldConfig): boolean | Promise<boolean>;
  /** Throws Fault `config_invalid` that names file, key, what was expected and what was found. */
  migrate(old: OldConfig): Promise<Migration>;
}
