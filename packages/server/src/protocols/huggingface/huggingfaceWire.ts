import type { Wire, WireServices } from '../../domain/wire.ts';
import { answerFault } from './faults.ts';
import { routes } from './routes.ts';
import type { HuggingfaceSettings } from './settings.ts';

/** The Inference API of Hugging Face, its task `image-segmentation` alone: that of the Hub, and that of an endpoint of one's own. */
export function huggingfaceWire(services: WireServices, settings: HuggingfaceSettings): Wire {
  return { name: 'huggingface', http: { routes: routes(services, settings), answerFault } };
}
