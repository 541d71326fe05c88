/** One number of the table. */
export interface Row {
  readonly name: string;
  readonly value: string;
  readonly unit: string;
  /** The target that bench/README.md names; absent: reported beside it. */
  readonly target?: string;
  readonly met?: boolean;
  /** How it spread, and what it is made of. */
  readonly note: string;
}

interface Facts {
  readonly value: number;
  readonly unit: string;
  readonly note?: string;
  readonly digits?: number;
}

/** A number without a target. */
export function row(name: string, { value, unit, note = '', digits = 1 }: Facts): Row {
  return { name, value: value.toFixed(digits), unit, note };
}

export function atMost(name: string, limit: number, facts: Facts): Row {
  return { ...row(name, facts), target: `≤ ${limit}`, met: facts.value <= limit };
}

export function atLeast(name: string, limit: number, facts: Facts): Row {
  return { ...row(name, facts), target: `≥ ${limit}`, met: facts.value >= limit };
}
