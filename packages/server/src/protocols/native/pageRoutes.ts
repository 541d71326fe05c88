import { type FaultCode, faultCodeList, faultCodes } from '@segserve/contract';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Engine } from '../../domain/engineDoor.ts';
import { Fault } from '../../domain/fault.ts';
import { nearest } from '../wire/nearest.ts';
import { preferredType } from '../wire/negotiate.ts';
import { errorsPath, faultMeanings } from './faults.ts';

const addresses: readonly (readonly [address: string, says: string])[] = [
  ['/docs', 'The API, to read and to try'],
  ['/openapi.json', 'The same for programs (OpenAPI 3.1)'],
  ['/v1/models', 'The models served here'],
  [errorsPath, 'Every error code and what to do about it'],
  ['/livez', 'Is the process alive?'],
  ['/readyz', 'Can it answer requests?'],
  ['/metrics', 'Metrics for Prometheus'],
];

/** The front page and the pages that problem documents point to. */
export function pageRoutes(app: FastifyInstance, engine: Engine, version: string): void {
  app.get('/', async (request, reply) => {
    const example = `curl --data-binary @photo.jpg -H 'Content-Type: image/jpeg' ${request.protocol}://${request.host}/v1/models/${engine.models()[0]?.name ?? 'portrait'}/segment -o answer.png`;
    reply.header('vary', 'Accept');
    if (preferredType(request.headers.accept, ['application/json', 'text/html']) === 'text/html') {
      return sendPage(reply, 'segserve', frontPage(version, engine, example));
    }
    return {
      name: 'segserve',
      version,
      says: 'Image segmentation server',
      example,
      addresses: Object.fromEntries(addresses),
    };
  });
  app.get(errorsPath, async (_request, reply) => {
    return sendPage(reply, 'Errors of segserve', `<h1>Errors</h1>${faultCodeList.map(errorSection).join('')}`);
  });
  app.get<{ Params: { code: string } }>(`${errorsPath}/:code`, async (request, reply) => {
    const code = faultCodeList.find((known) => known === request.params.code);
    if (code === undefined) throw unknownCode(request.params.code);
    return sendPage(reply, code, `${errorSection(code)}<p><a href="${errorsPath}">All errors</a></p>`);
  });
}

function unknownCode(code: string): Fault {
  const near = nearest(code, faultCodeList);
  const hint = near === undefined ? `${errorsPath} lists them.` : `Did you mean ${errorsPath}/${near}?`;
  return new Fault('not_found', `There is no error code "${code.slice(0, 60)}". ${hint}`);
}

function frontPage(version: string, engine: Engine, example: string): string {
  const list = addresses.map(([address, says]) => `<li><a href="${address}">${address}</a> ${escaped(says)}</li>`);
  const models = engine.models().map(({ name, version: of, task, state }) => {
    const ref = escaped(`${name}:${of}`);
    return `<li><a href="/v1/models/${encodeURIComponent(`${name}:${of}`)}">${ref}</a> ${task}, ${state}</li>`;
  });
  return `<h1>segserve ${escaped(version)}</h1><p>An image-segmentation server. Send a picture, get its mask, matte, cut-out or statistics:</p>
<pre>${escaped(example)}</pre><h2>Models</h2><ul>${models.join('')}</ul><h2>Addresses</h2><ul>${list.join('')}</ul>`;
}

function errorSection(code: FaultCode): string {
  const { status, title, advice } = faultMeanings[code];
  return `<section id="${code}"><h2>${escaped(title)}</h2><p><code>${code}</code>, HTTP ${status}</p>
<p>${escaped(faultCodes[code])}</p><p>${escaped(advice)}</p></section>`;
}

const style =
  'body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}pre{overflow:auto;padding:1rem;border:1px solid #8888}';

function sendPage(reply: FastifyReply, title: string, body: string): FastifyReply {
  const html = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title><style>${style}</style><body>${body}</body></html>\n`;
  return reply
    .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
    .type('text/html; charset=utf-8')
    .send(html);
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
