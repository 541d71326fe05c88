import type { FastifyInstance } from 'fastify';
import type { Bundle } from './bundle.ts';
import { assetsPath, docsPage } from './docsPage.ts';
import { checkFeedback } from './feedback.ts';
import { errorPage } from './htmlPage.ts';
import type { Instruments } from './instruments.ts';
import { metadataOf } from './metadata.ts';
import { openApiOf } from './openApi.ts';
import { pythonJson } from './pythonJson.ts';
import { swaggerAsset } from './swaggerAssets.ts';

/** What Flask calls every reply that names no type of its own. */
const html = 'text/html; charset=utf-8';
/** Everything of the page comes from this server; Swagger UI styles elements in place. */
const contentSecurityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'";

/** The addresses of every bundle besides its APIs. */
export function infraRoutes(app: FastifyInstance, bundle: Bundle, instruments: Instruments): void {
  const style = { ascii: bundle.version === '0.9' };
  const openApi = Buffer.from(pythonJson(openApiOf(bundle), style));
  const duringShutdown = { config: { duringShutdown: true } };

  pageRoutes(app, bundle);
  app.get('/docs.json', async (_, reply) => reply.header('content-type', 'application/json').send(openApi));
  app.get('/healthz', duringShutdown, async (_, reply) =>
    reply.header('content-type', 'text/plain').send(Buffer.from('\n')),
  );
  if (bundle.enableMetrics) {
    app.get('/metrics', duringShutdown, async (_, reply) =>
      reply.header('content-type', html).send(Buffer.from(await instruments.text())),
    );
  }
  if (bundle.version === '0.13') {
    // A JSON document inside a JSON text.
    const metadata = Buffer.from(pythonJson(pythonJson(metadataOf(bundle), style), style));
    app.get('/metadata', async (_, reply) => reply.header('content-type', 'application/json').send(metadata));
  }
  if (bundle.enableFeedback) {
    app.post('/feedback', async (request, reply) => {
      checkFeedback((request.body as Buffer | undefined) ?? Buffer.alloc(0));
      return reply.header('content-type', html).send(Buffer.from('success'));
    });
  }
}

/** `/`, `/docs` and what their page loads. */
function pageRoutes(app: FastifyInstance, bundle: Bundle): void {
  const page = Buffer.from(docsPage(bundle));
  for (const path of ['/', '/docs']) {
    app.get(path, async (_, reply) => {
      reply.header('content-type', html);
      if (!bundle.enableSwagger) return reply.code(404).send(Buffer.from('Swagger is disabled'));
      return reply.header('content-security-policy', contentSecurityPolicy).send(page);
    });
  }
  app.get<{ Params: { file: string } }>(`${assetsPath(bundle)}/:file`, async (request, reply) => {
    const asset = await swaggerAsset(request.params.file);
    if (asset) return reply.header('content-type', asset.contentType).send(asset.bytes);
    return reply
      .code(404)
      .header('content-type', html)
      .send(Buffer.from(errorPage(404, 'No such file.')));
  });
}
