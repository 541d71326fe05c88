import { z } from 'zod';
import { defaultLimits, type Limits } from '../domain/limits.ts';
import { logLevels } from './config.ts';
import {
  bytes,
  bytesOrAuto,
  bytesOrNone,
  choice,
  originList,
  pathList,
  pathText,
  text,
  whole,
  wholeOrAuto,
  wireList,
  wordList,
  yesNo,
} from './leaves.ts';

const hourMs = 3_600_000;

const listen = z
  .strictObject({
    host: text('a host name or address', 'Address to listen on; 0.0.0.0 takes every interface').default('127.0.0.1'),
    port: whole(0, 65_535, 'Port to listen on; 0 takes any free one').default(8080),
    bodyBytesMax: bytesOrAuto(
      'Bytes of one request body; auto: room for the largest picture as base64 and a form around it',
    ).default('auto'),
    bodiesBytesMax: bytes('Bytes of all request bodies held at once').default(2 ** 30),
    headersBytesMax: bytes('Bytes of the headers of one request').default(16 * 1024),
    headersTimeoutMs: whole(1, hourMs, 'Time for the headers of a request to arrive').default(10_000),
    requestTimeoutMs: whole(1, hourMs, 'Time for a whole request to arrive').default(60_000),
    replyTimeoutMs: whole(1, hourMs, 'How long a client may take no byte of its reply').default(60_000),
    keepAliveTimeoutMs: whole(0, hourMs, 'How long an idle connection is kept').default(72_000),
    connectionsMax: whole(1, 1_000_000, 'Open connections').default(4096),
    trustProxy: yesNo('Believe the X-Forwarded-* headers of the proxy in front').default(false),
    hostNames: wordList(
      'Names besides localhost by which a listener on a loopback address may be called, such as that of a proxy on this machine; "*" for any',
    ).default([]),
    cors: z
      .strictObject({
        origins: originList('Origins whose web pages may call this server; "*" for all').default([]),
      })
      .prefault({})
      .describe('Which web pages may call this server from a browser'),
    tls: z
      .strictObject({
        cert: pathText('the path of a PEM file', 'Certificate chain, PEM').optional(),
        key: pathText('the path of a PEM file', 'Private key, PEM').optional(),
      })
      .optional()
      .describe('HTTPS; both files are needed'),
  })
  .prefault({})
  .describe('The listener');

const engine = z
  .strictObject({
    workers: wholeOrAuto(1, 256, 'Engine worker processes; auto: planned from the cores').default('auto'),
    threads: wholeOrAuto(1, 256, 'Inference threads of each worker; auto: planned from the cores').default('auto'),
    workerBytesMax: bytesOrAuto('Memory above which a worker is drained and replaced').default('auto'),
    graceMs: whole(0, hourMs, 'How long accepted requests may take to finish when the server stops').default(30_000),
  })
  .prefault({})
  .describe('Worker processes and their threads');

const limits = z
  .strictObject({
    imageBytesMax: bytes('Encoded bytes of one picture').default(defaultLimits.imageBytesMax),
    imagePixelsMax: whole(1, 2 ** 31, 'Pixels of one decoded picture').default(defaultLimits.imagePixelsMax),
    tiledPixelsMax: whole(1, 2 ** 40, 'Pixels of a picture that is segmented in tiles').default(
      defaultLimits.tiledPixelsMax,
    ),
    tiledBytesMax: bytes(
      'Bytes of the scores that blending tiles holds at once, and of the answers made row by row',
    ).default(defaultLimits.tiledBytesMax),
    imageSideMax: whole(1, 1_000_000, 'Longest side of one picture, in pixels').default(defaultLimits.imageSideMax),
    imagesPerRequestMax: whole(1, 256, 'Pictures of one request of the native API').default(
      defaultLimits.imagesPerRequestMax,
    ),
    pixelsInFlightMax: whole(1, 2 ** 40, 'Decoded pixels of all pictures that workers hold at once').default(
      defaultLimits.pixelsInFlightMax,
    ),
    queueTicketsMax: whole(1, 1_000_000, 'Requests that wait for a worker').default(defaultLimits.queueTicketsMax),
    tensorBytesMax: bytes('Bytes of all raw tensors of one request, and of all that its reply holds').default(
      defaultLimits.tensorBytesMax,
    ),
    queueBytesMax: bytes('Bytes of all requests that wait: encoded pictures and raw tensors').default(
      defaultLimits.queueBytesMax,
    ),
    keptPictureBytesMax: bytesOrNone(
      'Encoded pictures of requests with prompts, kept so that the next request need not send them again; 0: none',
    ).default(defaultLimits.keptPictureBytesMax),
    embeddingBytesMax: bytes('What one worker keeps of pictures that promptable models have seen').default(
      defaultLimits.embeddingBytesMax,
    ),
    batchesInFlightMax: whole(1, 16, 'Batches inside one worker').default(defaultLimits.batchesInFlightMax),
    deadlineMsDefault: whole(1, 24 * hourMs, 'Deadline of a request that names none').default(
      defaultLimits.deadlineMsDefault,
    ),
    deadlineMsMax: whole(1, 24 * hourMs, 'Longest deadline that a request may name').default(
      defaultLimits.deadlineMsMax,
    ),
  } satisfies Record<keyof Limits, z.ZodType>)
  .prefault({})
  .describe('Every bound of the engine');

const sources = z
  .strictObject({
    urls: yesNo('Whether requests may name pictures by URL').default(false),
    urlHosts: wordList('The only hosts that are asked: example.org, *.example.org; none: every public one').default([]),
    urlNetworks: wordList('Networks of your own that may be asked besides public addresses: 10.1.0.0/16').default([]),
    urlTimeoutMs: whole(1, hourMs, 'Time to fetch one picture, redirects included').default(10_000),
    urlsInFlightMax: whole(1, 10_000, 'URLs fetched at once').default(16),
    readFolder: pathText('the path of a folder', 'Folder whose files requests may name').optional(),
    writeFolder: pathText('the path of a folder', 'Folder into which requests may have results written').optional(),
  })
  .prefault({})
  .describe('Pictures that requests name instead of carrying them; all of it is off by default');

const log = z
  .strictObject({
    level: choice(logLevels, 'Least important message that is written').default('info'),
    format: choice(['auto', 'json', 'pretty'], 'auto: pretty on a terminal, JSON lines elsewhere').default('auto'),
  })
  .prefault({})
  .describe('Log lines');

/** segserve.yaml. Keys are in camel case, units stand last. */
export const ConfigSchema = z
  .strictObject({
    models: pathList('Folders with model packages, besides the built-in ones').default([]),
    builtInModels: wordList(
      'Names of the built-in models that are served; all stands for every one, of which those but the default are opened when the server is ready already; an empty list for none',
    ).default(['all']),
    defaultModel: text('the name of a model', 'The model of requests that name none').default('portrait'),
    listen,
    wires: wireList(
      'Protocols of other servers, each on its own port or sharing one; the native API is always there',
    ).default([]),
    engine,
    limits,
    sources,
    log,
  })
  .describe('Configuration of segserve');

/** The file as a person writes it: every key may be left out. */
export type ConfigSource = z.input<typeof ConfigSchema>;

/** JSON Schema (2020-12) of segserve.yaml, for editors. */
export function configJsonSchema(): Record<string, unknown> {
  return { title: 'segserve.yaml', ...z.toJSONSchema(ConfigSchema, { io: 'input' }) };
}
