// The `library` placement: a private Linux inside the guest's worker, which the host's thread wakes by the slot's doorbell;
// or, on a machine without shared memory, one that nobody wakes. It has the machine's mounts in a tree of its own: of
// directories of the host and Volumes the same files, of a tmpfs an empty one for each process.

import { type Linux, LinuxError } from '../../../personalities/linux/index.ts';
import { Errno } from '../../abi/errno.ts';
import type { Control } from '../../channel/layout.ts';
import { asleep } from '../../channel/run-clock.ts';
import type { Monitor } from '../../core/monitor.ts';
import { LocalHostClient, RingHostClient } from '../../files/client.ts';
import { HostDescriptors } from '../../files/disk/descriptors.ts';
import { HostDirectories } from '../../files/disk/execute.ts';
import type { MemoryMessage } from '../../files/server.ts';
import type { GuestMemory } from '../../memory/guest-memory.ts';
import type { ProcessBlock } from '../../process/block.ts';
import type { FromCore, LaunchError, StartGuest } from '../messages.ts';
import { mountSource } from '../mounts/sources.ts';
import { endReport, messageStdio, takeFiles } from '../unshared/core.ts';
import type { FileMarks } from '../unshared/file-copies.ts';
import type { UnsharedEnd } from '../unshared/messages.ts';
import { openStdio } from './parts.ts';
import {
  createPrivateLinux,
  doorbellSleeper,
  loneSleeper,
  type PrivateLinux,
  type Sleeper,
  waitUntil,
} from './private.ts';

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
  start: StartGuest,
  memory: GuestMemory,
  control: Control,
  slot: number,
  block: ProcessBlock,
  epochMs: number,
  monitor: Monitor,
  post: (message: FromCore) => void,
): Library {
  const { process, quotaBytes, unshared } = start;
  // Where nobody sees that this thread sleeps, it says so before.
  const tell = (durationMs: number): void => post({ type: 'sleeps', durationMs });
  const alone = loneSleeper(tell);
  const sleeper: Sleeper =
    unshared === undefined ? doorbellSleeper(control, slot) : (...how) => asleep(control, slot, () => alone(...how));
  let marks: FileMarks = new Map();
  const { notes, gate } = start.hostWork ?? {};
  const local = new LocalHostClient(new HostDirectories(new HostDescriptors(notes, slot, gate)));
  const library = createPrivateLinux({
    memory,
    control,
    slot,
    block,
    monitor,
    epochMs,
    quotaBytes,
    limits: start.limits,
    machine: start.machine,
    sleeper,
    prepare: (linux) => {
      if (start.mounts.length > 0) mountAll(linux, start, local, sleeper, monitor, post);
      if (unshared !== undefined) marks = takeFiles(linux, unshared);
      return {
        ...process,
        stdio: unshared === undefined ? openStdio(process, () => {}) : messageStdio(unshared, post),
      };
    },
  });
  const report = (): UnsharedEnd | undefined =>
    unshared && endReport(library.linux, marks, control, slot, block, memory);
  const end = (waitStatus: number): void => {
    library.end(waitStatus);
    local.close();
  };
  return { ...library, end, report };
}

/** Mounts one after the other; waits for Volumes and OPFS, which other threads serve. */
function mountAll(
  linux: Linux,
  { mounts, volumes, opfs }: StartGuest,
  local: LocalHostClient,
  sleeper: Sleeper,
  monitor: Monitor,
  post: (message: FromCore) => void,
): void {
  const memories = { postMessage: (message: MemoryMessage) => post({ type: 'volume-memory', message }) };
  const ring = volumes === undefined ? undefined : new RingHostClient(memories, volumes);
  const opfsRing = opfs === undefined ? undefined : new RingHostClient(opfs.port, opfs.ring);
  const clients = { host: () => local, volumes: () => ring ?? local, opfs: () => opfsRing ?? local };
  for (const mount of mounts) {
    const outcome: { error?: LinuxError | undefined } = {};
    mountSource(linux, mount, clients, (error) => {
      outcome.error = error;
    });
    const isDone = waitUntil(
      () => 'error' in outcome,
      linux,
      sleeper,
      monitor,
      () => {
        ring?.poll();
        opfsRing?.poll();
      },
    );
    if (!isDone) throw new LinuxError(Errno.EAGAIN, 'mount', mount.path);
    if (outcome.error !== undefined) throw outcome.error;
  }
}
