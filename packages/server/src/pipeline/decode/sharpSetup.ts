import sharp from 'sharp';

/**
 * Settings for a process that is segserve's own: a worker, or the command line. They hold for every user of sharp in the
 * process, so the library leaves them alone in its caller's.
 *
 * No cache: every picture comes once. One thread per picture: pictures of a batch are decoded beside each other, and
 * the cores are planned by the engine. Only the six formats, only from memory: what else libvips could open (SVG, PDF,
 * ImageMagick's list, files by name) is a way in that nobody needs; `readHeader` refuses them before, this is the second lock.
 */
export function ownDecoders(): void {
  sharp.cache(false);
  sharp.concurrency(1);
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({
    operation: ['Jpeg', 'Png', 'Webp', 'Heif', 'Tiff', 'Nsgif'].map((loader) => `VipsForeignLoad${loader}Buffer`),
  });
}

export { sharp };
