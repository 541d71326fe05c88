import { missing } from './invalid.ts';
import type { ModelNames } from './modelNames.ts';
import type { Given } from './optionValues.ts';
import { readForm } from './readForm.ts';
import { type GivenOf, type RemoveOptions, readOptions } from './readOptions.ts';

/** Parameters of the address, as Fastify parses them. */
export type Query = Readonly<Record<string, string | string[] | undefined>>;

/** `GET /api/remove?url=…`. Throws Invalid, Fault `invalid_request`. */
export function parseGet(query: Query, names: ModelNames): { readonly url: string; readonly options: RemoveOptions } {
  const url = lastOf(query.url);
  const options = readOptions(queryGiven(query), names, url === undefined ? [missing('query', 'url')] : []);
  return { url: url ?? '', options };
}

/**
 * `POST /api/remove`. A field of the form holds over the same one of the address, and an empty one holds nothing. Rejects
 * with Invalid, Fault `invalid_request`.
 */
export async function parsePost(
  query: Query,
  body: Buffer | undefined,
  contentType: string | undefined,
  names: ModelNames,
  signal?: AbortSignal,
): Promise<{ readonly image: Buffer; readonly options: RemoveOptions }> {
  const { values, file } = await readForm(body, contentType, signal);
  const inQuery = queryGiven(query);
  const given: GivenOf = (name): Given | undefined => {
    const value = values.get(name);
    return value === undefined || value === '' ? inQuery(name) : { place: 'body', value };
  };
  const options = readOptions(given, names, file === undefined ? [missing('body', 'file')] : []);
  return { image: file ?? Buffer.alloc(0), options };
}

function queryGiven(query: Query): GivenOf {
  return (name) => {
    const value = lastOf(query[name]);
    return value === undefined ? undefined : { place: 'query', value };
  };
}

function lastOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.at(-1) : value;
}
