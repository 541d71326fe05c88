import { Fault } from '../../domain/fault.ts';
import { type JsonObject, type JsonValue, readJsonDocument } from '../wire/jsonDocument.ts';
import { asArray, asObject, textBytes, textField } from '../wire/jsonFields.ts';

/**
 * The list that a client of the task reads, of the engine's own list of masks. The pictures stay bytes: as text, tens of
 * megabytes of them would keep other requests waiting.
 */
export async function formatSegments(masks: Uint8Array, threshold = 0): Promise<Buffer> {
  const all = asArray(asObject(await readJsonDocument(masks, { restBytesMax: masks.length }), 'masks').masks, 'masks');
  const segments = all.map((mask) => asObject(mask, 'a mask')).filter((mask) => reaches(mask, threshold));
  const parts = segments.flatMap((mask, index) => [
    Buffer.from(`${index === 0 ? '' : ','}{${scoreOf(mask)}"label":${JSON.stringify(textField(mask.label, 'label'))},`),
    Buffer.from('"mask":"'),
    textBytes(mask.png, 'png'),
    Buffer.from('"}'),
  ]);
  return Buffer.concat([Buffer.from('['), ...parts, Buffer.from(']')]);
}

/** What has no score cannot be too weak. */
function reaches({ score }: JsonObject, threshold: number): boolean {
  return typeof score !== 'number' || score >= threshold;
}

/** A score of null, as the Hub has it for classes, is refused by the JavaScript client. */
function scoreOf({ score }: JsonObject): string {
  return isNumber(score) ? `"score":${score},` : '';
}

function isNumber(value: JsonValue | undefined): value is number {
  if (typeof value === 'number') return true;
  if (value === null) return false;
  throw new Fault('internal', 'A mask of the engine has no score.');
}
