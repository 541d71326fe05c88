/**
 * Pictures that a request names instead of carrying them, and pictures that it wants written. All of it is off unless the
 * operator allows it; what is off or outside is Fault `source_forbidden`, what cannot be had is `source_unavailable`.
 */
export interface Sources {
  /** The body behind an http or https URL; bounded in bytes, redirects and time; never an address inside the network. */
  readUrl(url: string, signal?: AbortSignal): Promise<Uint8Array>;
  /** A file below the folder that the operator named, links followed and checked. */
  readPath(path: string): Promise<Uint8Array>;
  /** Writes below the folder that the operator named for results and gives the file's path; never overwrites. */
  writeResult(folder: string, name: string, bytes: Uint8Array): Promise<string>;
}
