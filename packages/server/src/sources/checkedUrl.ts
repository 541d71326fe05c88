import { Fault } from '../domain/fault.ts';

const urlCharsMax = 2048;

/**
 * A URL that may be asked, as far as it alone can tell. Throws Fault `invalid_request` for what is no URL,
 * `source_forbidden` for what is not http or https, holds credentials, or names a host outside of `hosts`.
 */
export function checkedUrl(text: string, hosts: readonly string[], base?: URL): URL {
  if (text.length > urlCharsMax) {
    throw Fault.expected('invalid_request', `a URL of at most ${urlCharsMax} characters`, String(text.length));
  }
  const url = URL.parse(text, base?.href);
  if (url === null) throw Fault.expected('invalid_request', 'an http or https URL', 'something else');
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw Fault.expected('source_forbidden', 'an http or https URL', `one that begins with "${url.protocol}"`);
  }
  if (url.username !== '' || url.password !== '') {
    throw Fault.expected('source_forbidden', 'a URL without a user name and password', 'one with them');
  }
  if (hosts.length > 0 && !hosts.some((host) => isHost(url.hostname, host))) {
    throw new Fault('source_forbidden', 'The host of the URL is not one of those that this server asks.');
  }
  return url;
}

/** Whether `name` is `allowed`, or below it where that begins with "*.". A dot at the end of a name means nothing. */
function isHost(name: string, allowed: string): boolean {
  const plain = name.replace(/\.$/, '').toLowerCase();
  const wanted = allowed.toLowerCase();
  return wanted.startsWith('*.') ? plain.endsWith(wanted.slice(1)) : plain === wanted;
}
