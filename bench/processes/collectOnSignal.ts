import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Loaded before the server where memory is measured: on SIGUSR2 gateway and workers throw away what nobody holds. What
 * an engine has not yet bothered to collect is tens of megabytes either way, and a leak of one would drown in it.
 */
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

process.on('SIGUSR2', () => {
  collect();
  collect(); // Buffers behind finalisers go the second time.
});
