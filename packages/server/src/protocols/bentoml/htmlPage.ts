import { STATUS_CODES } from 'node:http';

/** An error page in the plain shape that Flask gives: title, heading, one paragraph. */
export function errorPage(status: number, sentence: string): string {
  const name = STATUS_CODES[status] ?? 'Error';
  return `<!doctype html>\n<html lang="en">\n<title>${status} ${name}</title>\n<h1>${name}</h1>\n<p>${escapeHtml(sentence)}</p>\n`;
}

/** For text between tags and in quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
