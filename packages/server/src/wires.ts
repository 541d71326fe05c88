import type { WireConfig } from './config/wires.ts';
import type { Wire, WireServices } from './domain/wire.ts';
import { bentomlWire } from './protocols/bentoml/bentomlWire.ts';
import { huggingfaceWire } from './protocols/huggingface/huggingfaceWire.ts';
import { mortredWire } from './protocols/mortred/mortredWire.ts';
import { nativeWire } from './protocols/native/routes.ts';
import { oipWire } from './protocols/oip/oipWire.ts';
import { paddlePipelineWire } from './protocols/paddle-pipeline/paddlePipelineWire.ts';
import { paddleRpcWire } from './protocols/paddle-rpc/paddleRpcWire.ts';
import { paddlehubWire } from './protocols/paddlehub/paddlehubWire.ts';
import { paddlesegServingWire } from './protocols/paddleseg-serving/paddlesegServingWire.ts';
import { rembgWire } from './protocols/rembg/rembgWire.ts';

/** The wire that a configuration entry asks for: the list of all protocols that segserve speaks. */
export function openWire(settings: WireConfig, services: WireServices): Wire {
  switch (settings.name) {
    case 'bentoml':
      return bentomlWire(services, settings);
    case 'huggingface':
      return huggingfaceWire(services, settings);
    case 'mortred':
      return mortredWire(services, settings);
    case 'native':
      return nativeWire(services);
    case 'oip':
      return oipWire(services, settings);
    case 'paddle-pipeline':
      return paddlePipelineWire(services, settings);
    case 'paddle-rpc':
      return paddleRpcWire(services, settings);
    case 'paddlehub':
      return paddlehubWire(services, settings);
    case 'paddleseg-serving':
      return paddlesegServingWire(services, settings);
    case 'rembg':
      return rembgWire(services, settings);
  }
}
