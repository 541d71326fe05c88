import path from 'node:path';

/** The root of the checkout. */
export const repository = path.resolve(import.meta.dirname, '../..');

export const examplePhoto = path.join(repository, 'examples/astronaut.jpg');

/** The command as a person starts it, from source. */
export const commandFile = path.join(repository, 'packages/server/bin/segserve.js');
