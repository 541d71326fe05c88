import type { ModelNames } from './modelNames.ts';
import { parametersOf } from './parameters.ts';

/** No script at all, and forms that go nowhere else. */
export const contentSecurityPolicy =
  "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; form-action 'self'; frame-ancestors 'none'";

/** The page under `/api`, and under `/` where rembg has one: what can be asked, and a form to try it. */
export function docsPage(names: ModelNames): string {
  const rows = parametersOf(names).map(({ name, schema, says }) => {
    const usual = schema.default === undefined ? '' : String(schema.default);
    return `<tr><td><code>${name}</code><td>${escapeHtml(says)}<td><code>${escapeHtml(usual)}</code>`;
  });
  const options = [...names.refs.keys()].map((name) => {
    return `<option${name === names.usual ? ' selected' : ''}>${escapeHtml(name)}</option>`;
  });
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Background removal</title>
<style>body { font: 1rem/1.5 sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem } td { padding-right: 1rem }</style>
<h1>Background removal</h1>
<form action="/api/remove" method="post" enctype="multipart/form-data">
<p><label>Picture <input type="file" name="file" accept="image/*" required></label>
<p><label>Model <select name="model">${options.join('')}</select></label>
<p><label><input type="checkbox" name="a" value="true"> fine edges</label>
<label><input type="checkbox" name="om" value="true"> only the mask</label>
<p><button>Remove the background</button>
</form>
<h2>Addresses</h2>
<p><code>POST /api/remove</code>, a form with the part <code>file</code>; <code>GET /api/remove?url=…</code>;
<a href="/openapi.json">/openapi.json</a>
<table>
<tr><th>parameter<th><th>default
${rows.join('\n')}
</table>
`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
