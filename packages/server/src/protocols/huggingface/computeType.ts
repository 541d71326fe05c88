/** What each execution provider calculates with; of the others nobody can say. */
const computeTypes: Readonly<Record<string, string>> = {
  cpu: 'cpu',
  cuda: 'gpu',
  tensorrt: 'gpu',
  webgpu: 'gpu',
  dml: 'gpu',
};

/** `cpu` or `gpu`; undefined where that is not known, as of a model that is not loaded. */
export function computeTypeOf({ providers: [provider = ''] }: { readonly providers: readonly string[] }) {
  return Object.hasOwn(computeTypes, provider) ? computeTypes[provider] : undefined;
}
