// Boots a machine: whole where the host shares memory between threads, else one that says what it lacks.

import { host } from '../host/index.ts';
import type { Backing, BackingParts } from './backing.ts';
import { FusedError } from './errors.ts';
import { checkImageSource } from './linux/image.ts';
import { Machine as BootedMachine } from './machine.ts';
import { checkMounts, withRoot } from './mounts/table.ts';
import { checkMachineOptions, type MachineOptions, readMachineOptions } from './options.ts';
import { SharedBacking } from './shared/backing.ts';

/** A machine that was booted. */
export type Machine = Omit<BootedMachine, 'start'>;

/**
 * Boots a machine: a Linux on a system core, and application cores. Where the host shares no memory (a page that is not
 * cross-origin isolated), a smaller one, whose `degraded` says what is missing and what is lost.
 *
 * Errors: ENOSYS where the host lacks what the options ask for, with what is missing; as Node's: ERR_INVALID_ARG_TYPE,
 * ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE: an option, or one that there is not; those of `mount` and `fs.restore`.
 */
export async function boot(options: MachineOptions = {}): Promise<Machine> {
  const { sharedMemory, root, mounts: others = {}, image, ...rest } = readMachineOptions(options);
  const mounts = withRoot(others, root);
  const settings = checkMachineOptions(rest, host.processors);
  checkMounts(mounts, settings.storage);
  if (image !== undefined) checkImageSource('options.image', image);
  const missing = sharedMemory === false ? 'shared memory was not wanted' : host.missing;
  if (missing !== undefined && sharedMemory === true) throw new FusedError('ENOSYS', missing);
  const machine = new BootedMachine(settings, await backingFor(missing));
  try {
    await machine.start(mounts, image);
  } catch (error) {
    await machine.close();
    throw error;
  }
  return machine;
}

/** @param missing what the host lacks to share memory */
async function backingFor(missing: string | undefined): Promise<(parts: BackingParts) => Backing> {
  if (missing === undefined) return (parts) => new SharedBacking(parts);
  const { UnsharedBacking } = await import('./unshared/backing.ts');
  return (parts) => new UnsharedBacking(parts, missing);
}
