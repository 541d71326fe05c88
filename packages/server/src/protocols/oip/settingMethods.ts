import { logSettings, refuseChanges, traceSettings } from './fixedSettings.ts';
import * as pb from './gen/open_inference_pb.ts';
import { type GrpcMethods, unary } from './grpcMethods.ts';

/** Trace and log settings: told, and not changed. */
export function settingMethods(): GrpcMethods {
  return {
    TraceSetting: unary(pb.TraceSettingRequestSchema, pb.TraceSettingResponseSchema, ({ settings }) => {
      const changes = Object.entries(settings).map(([name, { value }]) => [name, traceValue(name, value)]);
      refuseChanges('trace', Object.fromEntries(changes));
      const current = Object.entries(traceSettings).map(([name, value]) => [
        name,
        { value: [value].flat().map(String) },
      ]);
      return { settings: Object.fromEntries(current) };
    }),
    LogSettings: unary(pb.LogSettingsRequestSchema, pb.LogSettingsResponseSchema, ({ settings }) => {
      const changes = Object.entries(settings).map(([name, { parameterChoice }]) => [
        name,
        parameterChoice.value ?? null,
      ]);
      refuseChanges('log', Object.fromEntries(changes));
      return {
        settings: Object.fromEntries(Object.entries(logSettings).map(([name, value]) => [name, logValue(value)])),
      };
    }),
  };
}

/** An empty list clears a setting; one value stands alone where the setting is no list. */
function traceValue(name: string, value: readonly string[]): unknown {
  if (value.length === 0) return null;
  return Array.isArray(traceSettings[name]) ? value : value.length === 1 ? value[0] : value;
}

type LogValue = pb.LogSettingsResponse_SettingValue['parameterChoice'];

function logValue(value: unknown): { parameterChoice: LogValue } {
  if (typeof value === 'boolean') return { parameterChoice: { case: 'boolParam', value } };
  if (typeof value === 'number') return { parameterChoice: { case: 'uint32Param', value } };
  return { parameterChoice: { case: 'stringParam', value: String(value) } };
}
