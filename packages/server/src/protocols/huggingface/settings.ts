/** What an operator can set of this wire; README.md explains each. */
export interface HuggingfaceSettings {
  /** Model of the Hub (`org/name`) ↦ model of segserve. */
  readonly models?: Readonly<Record<string, string>> | undefined;
  /** Model of segserve that answers where none is named; `portrait` when absent. */
  readonly default?: string | undefined;
  /** Names that nothing is known of are answered by `default` instead of with 404; false when absent. */
  readonly anyName?: boolean | undefined;
  /** Requests must bear it; when absent Authorization is not looked at. */
  readonly token?: string | undefined;
  /** How long `x-wait-for-model` may wait for a model that loads; 60000 when absent. */
  readonly loadWaitMs?: number | undefined;
}
