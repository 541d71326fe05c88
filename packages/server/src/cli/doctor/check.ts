/** What one look at the machine found. */
export interface Check {
  readonly name: string;
  readonly level: 'ok' | 'warn' | 'fail';
  readonly says: string;
  /** What to do about it; for everything that is not ok. */
  readonly todo?: string;
}

export function ok(name: string, says: string): Check {
  return { name, level: 'ok', says };
}

export function warn(name: string, says: string, todo: string): Check {
  return { name, level: 'warn', says, todo };
}

export function fail(name: string, says: string, todo: string): Check {
  return { name, level: 'fail', says, todo };
}
