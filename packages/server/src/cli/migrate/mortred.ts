import { distance } from 'fastest-levenshtein';
import { Fault } from '../../domain/fault.ts';
import type { Migration, MigrationNote, OldConfig, OldConfigReader } from './migration.ts';
import { readOldModel } from './mortred/oldModel.ts';
import { type OldServer, readOldServer, shown } from './mortred/oldServer.ts';
import { carriedKeys, serverNotes } from './mortred/serverKeys.ts';
import { servedTasks, serverKind, type UriSource, type WireSource } from './mortred/serverTasks.ts';

/** A server's file of Mortred model server, `conf/server/**`, of every era. */
export const mortredReader: OldConfigReader = {
  title: 'Mortred model server configuration',
  recognises: ({ isFolder, text }) =>
    !isFolder && /^\s*\[\w+_SERVER\]/m.test(text) && /^\s*server_ur[il]\s*=/m.test(text),
  migrate: async (old) => migrationOf(old),
};

async function migrationOf(old: OldConfig): Promise<Migration> {
  const server = readOldServer(old);
  const kind = serverKind(server.name, server.uri);
  if (kind === undefined) {
    throw Fault.expected(
      'config_invalid',
      `${server.file}: a section of one of the predecessor's servers`,
      server.name,
    );
  }
  const notes: MigrationNote[] = Object.keys(server.section).flatMap((key) => noteOf(server, key));
  const models = await Promise.all(server.others.map(([name, section]) => readOldModel(old, name, section)));
  notes.push(...models.flatMap((model) => model.notes));
  if (!servedTasks.includes(kind.task)) {
    notes.push({ key: `[${server.name}]`, says: `segserve has no models for ${kind.task}: requests get code 1.` });
  }
  const uri: UriSource = { task: kind.task };
  // Under an address of its own a server would not be known for the one it is.
  if (kind.name === 'pphuman_seg') uri.model = 'portrait';
  if (kind.name === 'bisenetv2' && server.era !== 'c') uri.size = models.find(({ size }) => size)?.size ?? 'model';
  const wire: WireSource = {
    name: 'mortred',
    profile: server.era,
    host: hostOf(server, notes),
    port: whole(server, 'port', 0, 65_535),
    uris: { [server.uri]: uri },
    runTimeoutMs: runTimeoutOf(server, notes),
    ...(server.era === 'c' ? { strict: strictOf(server) } : {}),
  };
  if (server.era === 'c') notes.push(environmentNote);
  return { config: { wires: [wire] }, notes };
}

const environmentNote: MigrationNote = {
  key: 'MORTRED_AUTH_TOKEN, MORTRED_LISTEN_HOST, MORTRED_LISTEN_PORT',
  says: 'these variables are not read: write strict.authToken, host and port of the wire.',
};

function noteOf({ name, era }: OldServer, key: string): MigrationNote[] {
  const place = `[${name}].${key}`;
  const known = serverNotes[key];
  if (known !== undefined) return [{ key: place, says: known }];
  if (key === 'request_size_limit' && era !== 'c') {
    return [{ key: place, says: 'never reaches the predecessor’s HTTP server; listen.bodyBytesMax bounds bodies.' }];
  }
  if ((carriedKeys as readonly string[]).includes(key)) return [];
  // Era C refuses a key that is nearly one of its own.
  const near = [...carriedKeys, ...Object.keys(serverNotes)].find((one) => distance(one, key) <= 2);
  const says = 'is no key of the predecessor and has no meaning here.';
  return [{ key: place, says: near === undefined ? says : `${says} Did you mean "${near}"?` }];
}

/** Eras A and B never read `host` and listen everywhere; era C does not listen outside without a token. */
function hostOf({ name, section, era }: OldServer, notes: MigrationNote[]): string {
  const key = `[${name}].host`;
  const host = typeof section.host === 'string' ? section.host : '127.0.0.1';
  if (era !== 'c') {
    const says = `the predecessor never reads it and listens on every interface, so it is 0.0.0.0 here too; 127.0.0.1 closes the port to others.`;
    notes.push({ key, says });
    return '0.0.0.0';
  }
  const isLoopback = /^(localhost|127(\.\d{1,3}){3}|::1)$/i.test(host);
  if (isLoopback || (section.auth_token ?? '') !== '') return host;
  const says = `${host} can be reached by others, which the predecessor allows with a token only; it is 127.0.0.1 until strict.authToken stands here.`;
  notes.push({ key, says });
  return '127.0.0.1';
}

function runTimeoutOf(server: OldServer, notes: MigrationNote[]): number {
  if (server.section.model_run_timeout === undefined) {
    notes.push({
      key: `[${server.name}].model_run_timeout`,
      says: 'is missing, which means 500 ms to the predecessor.',
    });
    return 500;
  }
  return Math.max(0, whole(server, 'model_run_timeout', Number.MIN_SAFE_INTEGER, 86_400_000));
}

type StrictSource = NonNullable<WireSource['strict']>;

function strictOf(server: OldServer): StrictSource {
  const { section } = server;
  const strict: StrictSource = {};
  if (section.auth_token !== undefined) strict.authToken = text(server, 'auth_token');
  if (section.rate_limit_qps !== undefined) strict.rateLimitQps = atLeast0(server, 'rate_limit_qps', 1_000_000);
  if (section.max_queue_depth !== undefined) strict.queueDepthMax = atLeast0(server, 'max_queue_depth', 1_000_000);
  if (section.request_size_limit !== undefined) {
    const megabytes = whole(server, 'request_size_limit', Number.MIN_SAFE_INTEGER, 2048);
    // Not above 0: without a limit. The listener's own holds all the same.
    strict.bodyBytesMax = (megabytes > 0 ? megabytes : 2048) * 2 ** 20;
  }
  if (section.async_enabled === true) strict.jobs = jobsOf(server);
  return strict;
}

function jobsOf(server: OldServer): NonNullable<StrictSource['jobs']> {
  const jobs: NonNullable<StrictSource['jobs']> = { enabled: true };
  const { section } = server;
  if (section.async_timeout !== undefined) jobs.timeoutMs = whole(server, 'async_timeout', 1, 86_400_000);
  if (section.async_max_queue !== undefined) jobs.queueMax = atLeast0(server, 'async_max_queue', 100_000);
  if (section.async_job_ttl !== undefined) jobs.ttlMs = whole(server, 'async_job_ttl', 1, 86_400_000);
  if (section.async_max_completed !== undefined) jobs.completedMax = whole(server, 'async_max_completed', 1, 100_000);
  return jobs;
}

function atLeast0(server: OldServer, key: string, most: number): number {
  return Math.max(0, whole(server, key, Number.MIN_SAFE_INTEGER, most));
}

/** A whole number within bounds. Throws Fault `config_invalid` that names file and key. */
function whole({ file, name, section }: OldServer, key: string, least: number, most: number): number {
  const value = section[key];
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  const bounds = least < 0 ? `at most ${most}` : `from ${least} to ${most}`;
  throw Fault.expected('config_invalid', `${file}: [${name}].${key} as a whole number ${bounds}`, shown(value));
}

function text({ file, name, section }: OldServer, key: string): string {
  const value = section[key];
  if (typeof value === 'string') return value;
  throw Fault.expected('config_invalid', `${file}: [${name}].${key} as a text`, shown(value));
}
