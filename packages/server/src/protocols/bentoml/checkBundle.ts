import { Fault } from '../../domain/fault.ts';
import type { BentoApi, Bundle } from './bundle.ts';
import type { InputAdapter, Payload } from './settings.ts';

const reserved = new Set(['/', '/docs', '/docs.json', '/healthz', '/metrics', '/metadata', '/feedback']);
const jsonInputs: readonly InputAdapter[] = ['JsonInput', 'StrictJsonInput'];
const pictureInputs: readonly InputAdapter[] = ['FileInput', 'ImageInput', 'MultiFileInput', 'MultiImageInput'];

/** Which inputs each payload can be made from. */
const inputsOf: Readonly<Record<Payload, readonly InputAdapter[]>> = {
  classMap: pictureInputs,
  reference: ['FileInput', 'ImageInput'],
  png: pictureInputs,
  label: pictureInputs,
  json: pictureInputs,
  echo: ['FileInput', ...jsonInputs],
  shape: pictureInputs,
  same: ['MultiFileInput', 'MultiImageInput'],
};

/** Throws Fault `config_invalid` that names the API and what is wrong with it. */
export function checkBundle({ version, service, serviceVersion, apis, enableSwagger }: Bundle): void {
  // Both become part of metric names and of addresses.
  if (!/^[A-Za-z_]\w{0,99}$/.test(service)) throw invalid('`service` to be a Python identifier', service);
  if (!/^[\w.+-]{1,100}$/.test(serviceVersion)) {
    throw invalid('`serviceVersion` of letters, digits, "_", ".", "+" and "-"', serviceVersion);
  }
  if (apis.length === 0) throw invalid('at least one API in `apis`', 'an empty list');
  if (version === '0.9' && !enableSwagger) throw invalid('`enableSwagger` false with `version` 0.13', 'version 0.9');
  const paths = new Set(reserved);
  for (const api of apis) {
    checkApi(api);
    if (paths.has(api.path)) throw invalid(`an address of its own for the API ${api.name}`, api.path);
    paths.add(api.path);
  }
}

function checkApi(api: BentoApi): void {
  const { name, path, input, inputNames, payload } = api;
  if (!/^[A-Za-z_]\w{0,99}$/.test(name)) throw invalid('the name of an API to be a Python identifier', name);
  if (!/^(\/[\w.~-]+)+$/.test(path)) throw invalid(`a path as \`route\` of the API ${name}`, path);
  if (!inputsOf[payload].includes(input)) {
    throw invalid(`one of ${inputsOf[payload].join(', ')} as input of ${name} with payload ${payload}`, input);
  }
  const isMulti = input === 'MultiFileInput' || input === 'MultiImageInput';
  if (isMulti && inputNames.length === 0) throw invalid(`\`inputNames\` of the API ${name} (${input})`, 'none');
  if (!isMulti && inputNames.length > 0) {
    throw invalid(`no \`inputNames\` for the API ${name} (${input})`, inputNames.join(', '));
  }
}

function invalid(expected: string, received: string): Fault {
  return Fault.expected('config_invalid', expected, received);
}
