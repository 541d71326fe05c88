import { z } from 'zod';

/** One channel of a colour. */
export const byte = z.int().min(0).max(255);
