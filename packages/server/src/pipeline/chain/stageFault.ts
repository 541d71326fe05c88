import type { FaultCode } from '@segserve/contract';
import { Fault } from '../../domain/fault.ts';
import { PictureFailed } from './scenesOf.ts';

/** Nothing went wrong in the stage itself. */
const passing: readonly FaultCode[] = ['cancelled', 'deadline_exceeded', 'shutting_down'];

/** Runs a stage; what it throws says which stage it was, and which of its pictures where `where` knows. */
export async function inStage<Made>(
  name: string,
  run: () => Promise<Made>,
  where: (index: number) => string = () => '',
): Promise<Made> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof StageFault) throw error;
    const fault = error instanceof PictureFailed ? error.fault : Fault.from(error);
    if (passing.includes(fault.code)) throw fault;
    const at = error instanceof PictureFailed ? where(error.index) : '';
    throw new StageFault(`Stage "${name}"${at}: ${fault.message}`, fault);
  }
}

/** It has its stage's name in it. */
class StageFault extends Fault {
  constructor(message: string, { code, expected, received, retryAfterMs, cause }: Fault) {
    super(code, message, {
      ...(expected === undefined ? {} : { expected }),
      ...(received === undefined ? {} : { received }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      cause,
    });
  }
}
