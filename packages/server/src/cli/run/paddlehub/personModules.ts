export interface PersonModule {
  /** The folder for pictures when the command line names none. */
  readonly outputFolder: string;
  /**
   * `humanseg`: dicts are returned, and the photo with its opacity is written when asked. `matting`: arrays are returned,
   * and the opacity alone is written unless told not to.
   */
  readonly form: 'humanseg' | 'matting';
  /** What the opacity is stretched to before it is written and returned; absent: as the model gives it. */
  readonly levels?: { readonly from: number; readonly to: number };
}

const named = (name: string, form: PersonModule['form']): [string, PersonModule] => [
  name,
  { outputFolder: `${name}_output`, form },
];

/** PaddleHub modules that cut out people: the built-in matting model answers for them, here as over HTTP. */
export const personModules: ReadonlyMap<string, PersonModule> = new Map([
  named('humanseg_server', 'humanseg'),
  named('humanseg_lite', 'humanseg'),
  named('humanseg_mobile', 'humanseg'),
  [
    'deeplabv3p_xception65_humanseg',
    { outputFolder: 'humanseg_output', form: 'humanseg', levels: { from: 120, to: 255 } },
  ],
  named('modnet_hrnet18_matting', 'matting'),
  named('modnet_mobilenetv2_matting', 'matting'),
  named('modnet_resnet50vd_matting', 'matting'),
]);
