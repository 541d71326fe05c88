import type { Bundle } from './bundle.ts';
import { escapeHtml } from './htmlPage.ts';

/** Where the page's own scripts and styles lie: the address differs between the two lines. */
export function assetsPath({ version }: Pick<Bundle, 'version'>): string {
  return version === '0.9' ? '/swagger_static' : '/static_content';
}

/** The page under `/` and `/docs`: what the bundle is, and Swagger UI on its `/docs.json`; all of it from this server. */
export function docsPage(bundle: Bundle): string {
  const { service, serviceVersion, description, apis } = bundle;
  const assets = assetsPath(bundle);
  const rows = apis.map(({ path, docs }) => `<li><code>POST ${escapeHtml(path)}</code> ${escapeHtml(docs)}</li>`);
  // 0.13 tells what the bundle is in a section of its own, above the API.
  const readme = `<section id="readme">\n<h1>${escapeHtml(service)}</h1>\n<p>${escapeHtml(serviceVersion)}</p>\n<p>${escapeHtml(description)}</p>\n<ul>\n${rows.join('\n')}\n</ul>\n</section>\n`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${escapeHtml(service)}</title>
<link rel="stylesheet" href="${assets}/swagger-ui.css">
<link rel="icon" href="data:,">
</head>
<body>
${bundle.version === '0.13' ? readme : ''}<div id="swagger-ui"></div>
<script src="${assets}/swagger-ui-bundle.js"></script>
<script src="${assets}/open.js"></script>
</body>
</html>
`;
}

/** Opens Swagger UI; a file of its own, so that the page needs no inline script. */
export const openScript = "SwaggerUIBundle({ url: '/docs.json', dom_id: '#swagger-ui', validatorUrl: null });\n";
