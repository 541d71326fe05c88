import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp, { type Sharp } from 'sharp';

export interface Pictures {
  /** 1920×1080 JPEG, quality 90, no profile. */
  readonly hd: string;
  /** The same with an sRGB profile, as most cameras write it. */
  readonly hdProfile: string;
  /** 512×512 JPEG. */
  readonly square: string;
  /** Small JPEGs of random sizes, the same in every run. */
  readonly small: readonly string[];
}

const examples = fileURLToPath(new URL('../../examples/', import.meta.url));

/** The pictures of every measure, made of the repository's own photos. */
export async function makePictures(folder: string, smallCount: number): Promise<Pictures> {
  await mkdir(folder, { recursive: true });
  const save = async (name: string, picture: Sharp) => {
    const file = path.join(folder, name);
    await writeFile(file, await picture.jpeg({ quality: 90 }).toBuffer());
    return file;
  };
  const photo = (name: string, width: number, height: number) =>
    sharp(path.join(examples, name)).resize({ width, height, fit: 'cover' });
  const random = randomNumbers(7);
  const side = () => Math.round(48 + 352 * random());
  const small: string[] = [];
  for (let index = 0; index < smallCount; index++) {
    const name = ['astronaut.jpg', 'chelsea.jpg', 'coffee.jpg', 'rocket.jpg'][index % 4]!;
    small.push(await save(`small-${index}.jpg`, photo(name, side(), side())));
  }
  return {
    hd: await save('hd.jpg', photo('astronaut.jpg', 1920, 1080)),
    hdProfile: await save('hd-profile.jpg', photo('astronaut.jpg', 1920, 1080).withIccProfile('srgb')),
    square: await save('square.jpg', photo('astronaut.jpg', 512, 512)),
    small,
  };
}

function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
