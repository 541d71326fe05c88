import type { OldConfigReader } from './migration.ts';

/** Every kind of old configuration that is understood; the first that recognises a file reads it. */
export async function oldConfigReaders(): Promise<readonly OldConfigReader[]> {
  const { bentomlReader } = await import('./bentoml.ts');
  const { mortredReader } = await import('./mortred.ts');
  const { paddlehubReader } = await import('./paddlehub.ts');
  const { paddlePipelineReader } = await import('./paddle-pipeline.ts');
  const { paddleRpcReader } = await import('./paddle-rpc.ts');
  const { paddlesegServingReader } = await import('./paddleseg-serving.ts');
  const { paddlesegDeployReader } = await import('./paddleseg-deploy.ts');
  return [
    bentomlReader,
    mortredReader,
    paddlehubReader,
    paddlePipelineReader,
    paddleRpcReader,
    paddlesegServingReader,
    paddlesegDeployReader,
  ];
}
