import { Fault } from '../../domain/fault.ts';
import type { JsonValue } from '../wire/jsonDocument.ts';
import { asObject } from '../wire/jsonFields.ts';
import { LongText } from '../wire/longText.ts';
import type { Parameters, ParameterValue } from './inferRequest.ts';
import { noSharedMemory } from './unsupported.ts';

/** `parameters` of a JSON request, an input or an output, which `where` names. Throws Fault. */
export function parametersOf(value: JsonValue | undefined, where: string): Parameters {
  const parameters: Record<string, ParameterValue> = Object.create(null);
  if (value === undefined || value === null) return parameters;
  for (const [name, parameter] of Object.entries(asObject(value, `\`parameters\` of ${where}`))) {
    if (parameter === null) continue;
    const plain = parameter instanceof LongText ? parameter.text() : parameter;
    if (typeof plain === 'string' || typeof plain === 'number' || typeof plain === 'boolean') parameters[name] = plain;
    else {
      const expected = `the parameter "${name.slice(0, 60)}" of ${where} to be a text, a number, true or false`;
      throw Fault.expected('invalid_request', expected, 'something else');
    }
  }
  return parameters;
}

/** Undefined when absent. Throws Fault. */
export function flagOf(parameters: Parameters, name: string): boolean | undefined {
  const value = parameters[name];
  if (value === undefined || typeof value === 'boolean') return value;
  throw Fault.expected('invalid_request', `\`${name}\` to be true or false`, String(value).slice(0, 40));
}

/** Parameters of an output: how many classes are wanted of it; 0: the tensor itself. */
export function classificationOf(output: string, parameters: Parameters): number {
  const value = parameters.classification ?? 0;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw Fault.expected('invalid_request', `\`classification\` of "${output}" to be a number of classes`, String(value));
}

/** Parameters of an input or output that lies in memory of the client's. Throws Unsupported. */
export function refuseSharedMemory(parameters: Parameters): void {
  if (parameters.shared_memory_region !== undefined) throw noSharedMemory();
}
