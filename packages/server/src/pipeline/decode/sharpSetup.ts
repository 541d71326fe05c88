import sharp from 'sharp';

/**
 * sharp as segserve uses it; every file of this folder takes it from here, so that the settings below always hold.
 * They hold for the whole process.
 *
 * No cache: every picture comes once. One thread per picture: pictures of a batch are decoded beside each other, and
 * the cores are planned by the engine. Only the six formats, only from memory: what else libvips could open (SVG, PDF,
 * ImageMagick's list, files by name) is a way in that nobody needs.
 */
sharp.cache(false);
sharp.concurrency(1);
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: ['Jpeg', 'Png', 'Webp', 'Heif', 'Tiff', 'Nsgif'].map((loader) => `VipsForeignLoad${loader}Buffer`),
});

/** Threads that one picture's decoding, resizing and encoding may use. */
export function setPictureThreads(threads: number): void {
  sharp.concurrency(threads);
}

export { sharp };
