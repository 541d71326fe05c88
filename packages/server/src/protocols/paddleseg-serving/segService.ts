import { create, toBinary } from '@bufbuild/protobuf';
import type { Engine } from '../../domain/engineDoor.ts';
import { Fault } from '../../domain/fault.ts';
import { operatorFailure } from '../wire/brpc/brpcFailure.ts';
import type { BrpcCall, BrpcService } from '../wire/brpc/service.ts';
import { ResponseSchema } from './gen/image_seg_pb.ts';
import { readInstances } from './readInstances.ts';
import { type InstancePlan, segmentInstance } from './segmentInstance.ts';
import { paddlesegServingDefaults as defaults, type PaddlesegServingSettings } from './settings.ts';

const packageName = 'baidu.paddle_serving.image_segmentation';
/** Pictures of one request that are with the engine at once, so that a long request does not fill the queue alone. */
const inFlightMax = 8;

/** `ImageSegService`: pictures in, masks out; `debug` is the same as `inference`. */
export function segService(engine: Engine, settings: PaddlesegServingSettings): BrpcService {
  const { profile = defaults.profile, channels = defaults.channels } = settings;
  const [model = ''] = Object.values(settings.models ?? defaults.models);
  const plan: InstancePlan = { model, profile, channels };
  return {
    name: 'ImageSegService',
    package: packageName,
    methods: ['inference', 'debug'],
    requestType: `${packageName}.Request`,
    needsBody: true,
    compresses: false,
    bytesMax: settings.bodyBytesMax ?? defaults.bodyBytesMax,
    async answer(call) {
      const images = await readInstances(call);
      if (images.length === 0) throw operatorFailure('Expected at least one instance but received none.');
      const masks = await allOrNothing(images, call, (image, signal) =>
        segmentInstance(engine, image, plan, {
          signal,
          requestId: call.requestId,
          ...(call.deadlineMs === undefined ? {} : { deadlineMs: call.deadlineMs }),
        }),
      );
      return format(call, masks);
    },
  };
}

/** Each result in the place of its picture; the first failure is the request's, and calls the others back. */
async function allOrNothing(
  images: readonly Uint8Array[],
  { signal }: BrpcCall,
  segment: (image: Uint8Array, signal: AbortSignal) => Promise<Uint8Array>,
): Promise<Uint8Array[]> {
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const masks: Uint8Array[] = [];
  const waiting = images.entries();
  const work = async () => {
    for (const [index, image] of waiting) {
      if (either.aborted) return;
      masks[index] = await segment(image, either);
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(inFlightMax, images.length) }, work));
    if (signal.aborted) throw new Fault('cancelled', 'The caller left.');
    return masks;
  } catch (error) {
    failed.abort();
    throw error;
  }
}

/** `info` is a text that holds JSON itself. Base64 needs no escapes; the quotes around it do. */
function format({ form }: BrpcCall, masks: readonly Uint8Array[]): Buffer {
  if (form === 'json') {
    const predictions = masks.map((mask) => `{"info":"{\\"mask\\":\\"${base64(mask)}\\"}"}`);
    return Buffer.from(`{"prediction":[${predictions.join(',')}]}`, 'latin1');
  }
  const prediction = masks.map((mask) => ({ info: `{"mask":"${base64(mask)}"}` }));
  return Buffer.from(toBinary(ResponseSchema, create(ResponseSchema, { prediction })));
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
