import { holds, viewOf } from '../header/storedImage.ts';

/** Red, green and blue of IEC 61966-2-1, adapted to the D50 white of the profile connection space. */
const colorants = { rXYZ: [0.4361, 0.2225, 0.0139], gXYZ: [0.3851, 0.7169, 0.0971], bXYZ: [0.1431, 0.0606, 0.7141] };
const colorantTolerance = 0.0025;
/** Half a step of 8 bits: a tone curve this near gives the same bytes. */
const toneTolerance = 0.5 / 255;
const tonesChecked = 64;

/**
 * Whether converting from this profile to sRGB would change nothing, so that the conversion (20–50 ms for 1080p) can be
 * left out. Judged by the profile's numbers, since names lie both ways: "c2" and "Artifex" are sRGB, and
 * profiles that call themselves sRGB come with other curves. False for whatever is not understood.
 */
export function isSrgb(profile: Uint8Array): boolean {
  try {
    return isMatrixRgb(profile) && hasColorants(profile) && hasToneCurves(profile);
  } catch {
    return false; // cut off: let the colour engine judge
  }
}

/** A table for the perceptual intent (A2B0) would take precedence over matrix and curves. */
function isMatrixRgb(profile: Uint8Array): boolean {
  return holds(profile, 16, 'RGB XYZ ') && holds(profile, 36, 'acsp') && tag(profile, 'A2B0') === undefined;
}

function hasColorants(profile: Uint8Array): boolean {
  return Object.entries(colorants).every(([name, wanted]) => {
    const content = tag(profile, name);
    if (content === undefined || !holds(content, 0, 'XYZ ')) return false;
    const view = viewOf(content);
    return wanted.every((value, index) => Math.abs(fixed(view, 8 + index * 4) - value) <= colorantTolerance);
  });
}

function hasToneCurves(profile: Uint8Array): boolean {
  return ['rTRC', 'gTRC', 'bTRC'].every((name) => {
    const content = tag(profile, name);
    const curve = content && toneCurve(content);
    if (!curve) return false;
    for (let step = 0; step <= tonesChecked; step++) {
      const tone = step / tonesChecked;
      if (Math.abs(encodeSrgb(curve(tone)) - tone) > toneTolerance) return false;
    }
    return true;
  });
}

/** ICC.1:2022 §10.6 curveType and §10.18 parametricCurveType: from encoded to linear, both 0…1. */
function toneCurve(content: Uint8Array): ((tone: number) => number) | undefined {
  const view = viewOf(content);
  if (holds(content, 0, 'curv')) {
    const count = view.getUint32(8, false);
    if (count === 0) return (tone) => tone;
    if (count === 1) return (tone) => tone ** (view.getUint16(12, false) / 256);
    return (tone) => {
      const position = tone * (count - 1);
      const below = Math.min(Math.floor(position), count - 2);
      const at = (index: number) => view.getUint16(12 + index * 2, false) / 65535;
      return at(below) + (at(below + 1) - at(below)) * (position - below);
    };
  }
  if (!holds(content, 0, 'para')) return undefined;
  const kind = view.getUint16(8, false);
  const [g, a, b, c, d] = [0, 1, 2, 3, 4].map((index) => (kind >= 3 || index === 0 ? fixed(view, 12 + index * 4) : 0));
  if (kind === 0) return (tone) => tone ** g!;
  return kind === 3 ? (tone) => (tone >= d! ? (a! * tone + b!) ** g! : c! * tone) : undefined;
}

function encodeSrgb(linear: number): number {
  return linear <= 0.0031308 ? linear * 12.92 : 1.055 * linear ** (1 / 2.4) - 0.055;
}

/** A tag's bytes; the table has 12 bytes an entry behind its count at 128. */
function tag(profile: Uint8Array, name: string): Uint8Array | undefined {
  const view = viewOf(profile);
  const count = Math.min(view.getUint32(128, false), 100);
  for (let entry = 132; entry < 132 + count * 12; entry += 12) {
    if (!holds(profile, entry, name)) continue;
    const start = view.getUint32(entry + 4, false);
    return profile.subarray(start, start + view.getUint32(entry + 8, false));
  }
  return undefined;
}

/** s15Fixed16Number */
function fixed(view: DataView, offset: number): number {
  return view.getInt32(offset, false) / 65536;
}
