import { randomUUID } from 'node:crypto';
import type { BentoApi, Bundle } from './bundle.ts';
import type { BentoCorsSettings } from './settings.ts';

export interface RequestMark {
  readonly id: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * The id that replies of an API carry. 0.9 made one when it started and sent it with every reply, which its clients can
 * rely on; from 0.11 on each request has its own.
 */
export function requestMarks({ version }: Bundle, api: BentoApi): () => RequestMark {
  const cors: Record<string, string> = api.cors === undefined ? {} : { 'access-control-allow-origin': api.cors };
  if (version === '0.9') {
    const headers = { request_id: randomUUID(), ...cors };
    return () => ({ id: randomUUID(), headers });
  }
  return () => {
    const id = randomUUID();
    return { id, headers: { 'x-request-id': id, ...cors } };
  };
}

/** What a page of `origin` may read of a reply (`bento_server.cors`); nothing when it is closed to it. */
export function corsHeaders(
  cors: BentoCorsSettings | undefined,
  origin: string | undefined,
): Readonly<Record<string, string>> {
  if (cors?.enabled !== true || origin === undefined) return {};
  const { allowOrigin = '*', allowCredentials = false, exposeHeaders = ['*', 'Content-Length'] } = cors;
  if (allowOrigin !== '*' && allowOrigin !== origin) return {};
  return {
    // Browsers take no credentials with "*", so the origin itself is named then.
    'access-control-allow-origin': allowCredentials ? origin : allowOrigin,
    'access-control-expose-headers': exposeHeaders.join(', '),
    ...(allowCredentials ? { 'access-control-allow-credentials': 'true' } : {}),
    ...(allowOrigin === '*' && !allowCredentials ? {} : { vary: 'Origin' }),
  };
}

/** Whether pages of `origin` may read replies: those of the whole bundle, or of one of its APIs (`output_config.cors`). */
export function isOpenTo({ cors, apis }: Pick<Bundle, 'cors' | 'apis'>, origin: string): boolean {
  if (Object.keys(corsHeaders(cors, origin)).length > 0) return true;
  return apis.some((api) => api.cors === '*' || api.cors === origin);
}

/** What a preflight asks for. */
export function preflightHeaders(
  cors: BentoCorsSettings | undefined,
  asked: { readonly origin: string | undefined; readonly headers: string | undefined },
  methods: string,
): Readonly<Record<string, string>> {
  const common = corsHeaders(cors, asked.origin);
  if (Object.keys(common).length === 0) return {};
  // With credentials "*" would be the name of a header.
  const anyHeaders = cors?.allowCredentials === true ? (asked.headers ?? 'Content-Type') : '*';
  const { allowMethods, allowHeaders = [anyHeaders], maxAgeSeconds } = cors ?? {};
  return {
    ...common,
    'access-control-allow-methods': allowMethods?.join(', ') ?? methods,
    'access-control-allow-headers': allowHeaders.join(', '),
    ...(maxAgeSeconds === undefined ? {} : { 'access-control-max-age': String(maxAgeSeconds) }),
  };
}
