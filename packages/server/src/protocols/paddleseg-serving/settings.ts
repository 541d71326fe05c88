/** `release`: 255 × the probability of class 1, as every release gave it. `seed`: the class of each pixel. */
export type Profile = 'release' | 'seed';

/** What the configuration says of a port that speaks PaddleSegServing. */
export interface PaddlesegServingSettings {
  /** One entry: `MODEL_NAME` of the original's seg_conf.yaml, and the segserve model behind it. */
  readonly models?: Readonly<Record<string, string>> | undefined;
  readonly profile?: Profile | undefined;
  /** Channels that pictures must have: `CHANNELS` of seg_conf.yaml. */
  readonly channels?: 3 | 4 | undefined;
  /** Bytes of one message, unpacked. */
  readonly bodyBytesMax?: number | undefined;
  /** Told to callers in error texts where the connection does not say it. */
  readonly host?: string | undefined;
  readonly port?: number | undefined;
}

export const paddlesegServingDefaults = {
  models: { human_segmentation: 'portrait' },
  profile: 'release',
  channels: 3,
  bodyBytesMax: 64 * 1024 * 1024,
  port: 8010,
} as const;
