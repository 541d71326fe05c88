/** What an operator can set of this wire; README.md explains each. */
export interface RembgSettings {
  /** Model of rembg ↦ model of segserve; over the defaults of `modelNames.ts`. */
  readonly models?: Readonly<Record<string, string>> | undefined;
  /** Which of rembg's models answers a request that names none; `u2net` when absent. */
  readonly defaultModel?: string | undefined;
  /** Whether web pages of every origin may read the replies; true when absent. */
  readonly cors?: boolean | undefined;
}
