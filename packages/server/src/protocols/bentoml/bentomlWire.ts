import type { Wire, WireServices } from '../../domain/wire.ts';
import { answerFaultOf } from './answerFault.ts';
import { bundleOf } from './bundle.ts';
import { createInstruments } from './instruments.ts';
import { isOpenTo } from './replyHeaders.ts';
import { bentomlRoutes } from './routes.ts';
import type { BentomlSettings } from './settings.ts';

/** A bundle of BentoML 0.x as its server spoke; README.md describes it. One wire is one bundle. */
export function bentomlWire({ engine }: WireServices, settings: BentomlSettings): Wire {
  const bundle = bundleOf(settings, engine);
  const instruments = createInstruments(bundle);
  return {
    name: 'bentoml',
    http: {
      routes: bentomlRoutes(bundle, engine, instruments),
      answerFault: answerFaultOf(bundle, instruments),
      bare: true,
      isOpenTo: (origin) => isOpenTo(bundle, origin),
    },
  };
}
