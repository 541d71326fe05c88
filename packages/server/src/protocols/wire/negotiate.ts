import Negotiator from 'negotiator';

/**
 * The type of `available` (in order of our own preference) that Accept likes most; undefined when it takes none.
 * No Accept header takes anything.
 */
export function preferredType(accept: string | undefined, available: readonly string[]): string | undefined {
  return new Negotiator({ headers: accept === undefined ? {} : { accept } }).mediaTypes([...available])[0];
}

/** The media type alone, in lower case: "image/png" of "Image/PNG; q=1". */
export function essenceOf(contentType: string | undefined): string {
  return (contentType?.split(';', 1)[0] ?? '').trim().toLowerCase();
}
