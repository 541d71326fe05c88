import type { FaultReply } from '../../domain/wire.ts';

/** What is wrong with a request that no module has answered: the predecessor says it in HTML. */
export class PageError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.name = 'PageError';
    this.status = status;
  }
}

const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  413: 'Request Entity Too Large',
  415: 'Unsupported Media Type',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

/** A page of the form that Flask gives: the status as title and heading, and one paragraph. */
export function htmlPage(status: number, sentence: string): FaultReply {
  const title = titles[status] ?? 'Error';
  const lines = [
    '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">',
    `<title>${status} ${title}</title>`,
    `<h1>${title}</h1>`,
    `<p>${escaped(sentence)}</p>`,
    '',
  ];
  return { status, headers: { 'content-type': 'text/html; charset=utf-8' }, body: lines.join('\n') };
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
