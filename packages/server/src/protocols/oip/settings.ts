/** What the Open Inference wire is made with. */
export interface OipSettings {
  /** More names for models, as clients know them: the wire's name -> `name`, `name:version`. Every model has its own name anyway. */
  readonly models: Readonly<Record<string, string>>;
  /** Where HTTP is spoken, and where gRPC is; the assembly opens both. They may be the same. */
  readonly port?: number | undefined;
  readonly grpcPort?: number | undefined;
  readonly host?: string | undefined;
  /** `explicit`: clients may load and unload models; `none`: they may not, as in Triton without --model-control-mode. */
  readonly modelControl?: 'none' | 'explicit' | undefined;
  /**
   * Whether metadata and configuration list the input `image`, which takes encoded pictures. Clients that send something to
   * every input they read of must not see it.
   */
  readonly listImageInput?: boolean | undefined;
  /** Pictures of one request. */
  readonly imagesMax?: number | undefined;
  /** Requests of one stream that are answered at the same time. */
  readonly streamRequestsMax?: number | undefined;
  /** Bytes of one message: an HTTP body, before and after gzip or deflate is undone, or a gRPC message. */
  readonly bodyBytesMax?: number | undefined;
}

/** Settings with every default filled in. */
export interface OipOptions {
  readonly models: Readonly<Record<string, string>>;
  readonly modelControl: 'none' | 'explicit';
  readonly listImageInput: boolean;
  readonly imagesMax: number;
  readonly streamRequestsMax: number;
  readonly bodyBytesMax: number;
}

export const oipDefaults: OipOptions = {
  models: {},
  modelControl: 'none',
  listImageInput: false,
  imagesMax: 32,
  streamRequestsMax: 8,
  bodyBytesMax: 128 * 1024 * 1024,
};

export function oipOptions(settings: OipSettings): OipOptions {
  return {
    models: settings.models,
    modelControl: settings.modelControl ?? oipDefaults.modelControl,
    listImageInput: settings.listImageInput ?? oipDefaults.listImageInput,
    imagesMax: settings.imagesMax ?? oipDefaults.imagesMax,
    streamRequestsMax: settings.streamRequestsMax ?? oipDefaults.streamRequestsMax,
    bodyBytesMax: settings.bodyBytesMax ?? oipDefaults.bodyBytesMax,
  };
}
