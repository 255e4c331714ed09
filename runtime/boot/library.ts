// The `library` placement: a private Linux inside the guest's worker, which the host's thread wakes by the slot's doorbell;
// or, on a machine without shared memory, one that nobody wakes.

import { HostFileSystem, type Linux, LinuxError, type MountSpec } from '../../personalities/linux/index.ts';
import { type Control, slotCounters } from '../channel/layout.ts';
import type { Monitor } from '../core/monitor.ts';
import { LocalHostClient } from '../host/host-directory-client.ts';
import type { GuestMemory } from '../memory/guest-memory.ts';
import type { FileMarks } from './file-copies.ts';
import { openStdio } from './linux-parts.ts';
import type { FromCore, HostMount, LaunchError, StartGuest } from './messages.ts';
import { createPrivateLinux, doorbellSleeper, loneSleeper, type PrivateLinux } from './private-linux.ts';
import { endReport, messageStdio, takeFiles, type UnsharedEnd } from './unshared.ts';

export interface Library extends PrivateLinux {
  /** What the host's thread cannot see for itself, once the guest has ended; undefined where memory is shared. */
  report(): UnsharedEnd | undefined;
}

/**
 * Builds the private Linux of a guest.
 *
 * @param post tells the host's thread, for a guest without shared memory
 *
 * @returns it, or why it cannot be: a mount, the working or a preopened directory is missing
 */
export function createLibrary(...parts: Parameters<typeof build>): Library | { readonly error: LaunchError } {
  try {
    return build(...parts);
  } catch (error) {
    if (error instanceof LinuxError) return { error: { code: error.code, message: error.message } };
    throw error;
  }
}

function build(
  { process, mounts, quotaBytes, unshared }: StartGuest,
  memory: GuestMemory,
  control: Control,
  slot: number,
  epochMs: number,
  monitor: Monitor,
  post: (message: FromCore) => void,
): Library {
  let marks: FileMarks = new Map();
  const library = createPrivateLinux({
    memory,
    control,
    slot,
    monitor,
    epochMs,
    quotaBytes,
    sleeper: unshared === undefined ? doorbellSleeper(control, slot) : loneSleeper(),
    prepare: (linux) => {
      if (mounts.length > 0) mountAll(linux, mounts);
      if (unshared !== undefined) marks = takeFiles(linux, unshared);
      return {
        ...process,
        stdio: unshared === undefined ? openStdio(process.stdio, () => {}) : messageStdio(unshared, post),
      };
    },
  });
  const report = (): UnsharedEnd | undefined =>
    unshared && endReport(library.linux, marks, slotCounters(control, slot).local);
  return { ...library, report };
}

function mountAll(linux: Linux, mounts: readonly HostMount[]): void {
  const client = new LocalHostClient();
  for (const mount of mounts) linux.mount(openMount(client, mount));
}

function openMount(client: LocalHostClient, { hostPath, path, readOnly }: HostMount): MountSpec {
  let fileSystem: HostFileSystem | number = 0;
  HostFileSystem.open(client, hostPath, readOnly, (opened) => {
    fileSystem = opened;
  });
  if (typeof fileSystem === 'number') throw new LinuxError(-fileSystem, 'mount', hostPath);
  return { path, fileSystem, readOnly };
}
