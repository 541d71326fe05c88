import { configKeys } from './configKeys.ts';
import { didYouMean } from './nearest.ts';
import type { Setting, Settings } from './setting.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** SEGSERVE_CONFIG names the file; SEGSERVE_SHARED belongs to the project's own tests. */
const notSettings = new Set(['SEGSERVE_CONFIG', 'SEGSERVE_SHARED']);

/**
 * Kubernetes puts SEGSERVE_SERVICE_HOST, SEGSERVE_PORT=tcp://…, SEGSERVE_PORT_8080_TCP_ADDR and their like into every
 * pod beside a Service named "segserve"; nobody wrote them, so they are no mistake.
 * https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
 */
const kubernetesName =
  /^SEGSERVE_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$/;
const kubernetesPort = /^SEGSERVE_(\w+_)?PORT$/;

/** Every SEGSERVE_* variable; one that is set but empty counts as unset, as compose files write it. */
export function environmentSettings(environment: Environment, folder: string): Settings {
  const byVariable = new Map([...configKeys.values()].map((leaf) => [leaf.variable, leaf.key]));
  const settings: Setting[] = [];
  const complaints: string[] = [];
  for (const [name, value] of Object.entries(environment).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    if (!name.startsWith('SEGSERVE_') || notSettings.has(name) || value === undefined || value === '') continue;
    const key = byVariable.get(name);
    if (key !== undefined) {
      settings.push({ key, value, origin: { source: 'environment', name }, folder });
    } else if (!isFromKubernetes(name, value)) {
      const hint = didYouMean(name, byVariable.keys(), ' ') || didYouMean(bare(name), byVariable.keys(), '_');
      complaints.push(`${name}: unknown variable, found ${JSON.stringify(value)}.${hint}`);
    }
  }
  return { settings, complaints };
}

function isFromKubernetes(name: string, value: string): boolean {
  return kubernetesName.test(name) || (kubernetesPort.test(name) && /^(tcp|udp|sctp):\/\//.test(value));
}

function bare(name: string): string {
  return name.slice('SEGSERVE_'.length);
}
