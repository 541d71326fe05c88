/** Where a value stood: in the address or in the form. */
export type Place = 'query' | 'body';

/** One thing that is wrong with a request, with the keys and the words of pydantic. */
export interface Issue {
  readonly type: string;
  readonly loc: readonly [Place, string];
  readonly msg: string;
  /** As it was written; null where there was nothing. */
  readonly input: unknown;
  readonly ctx?: Readonly<Record<string, unknown>>;
}

/** Everything that is wrong with the values of a request: status 422. */
export class Invalid extends Error {
  readonly issues: readonly Issue[];
  constructor(issues: readonly Issue[]) {
    super(issues.map(({ loc, msg }) => `${loc.join('.')}: ${msg}`).join('; '));
    this.name = 'Invalid';
    this.issues = issues;
  }
}

export function missing(place: Place, name: string): Issue {
  return { type: 'missing', loc: [place, name], msg: 'Field required', input: null };
}
