// The `library` placement: a private Linux inside the guest's worker, its handlers called as functions. A call that waits
// turns that Linux by hand: looks for events, then sleeps on the slot's doorbell until a timer or the host's thread.

import {
  HostFileSystem,
  Linux,
  LinuxError,
  type MountSpec,
  type SyscallContext,
} from '../../personalities/linux/index.ts';
import type { AnyHandler, Row } from '../abi/row.ts';
import { type Control, KILLED, SLOT, slotBase, slotDescriptors } from '../channel/layout.ts';
import type { LocalPersonality } from '../core/imports.ts';
import type { Monitor } from '../core/monitor.ts';
import { LocalHostClient } from '../host/host-directory-client.ts';
import type { GuestMemory } from '../memory/guest-memory.ts';
import { fillRandom, linuxClock, openStdio } from './linux-parts.ts';
import type { HostMount, StartGuest } from './messages.ts';

export interface Library extends LocalPersonality<unknown> {
  /** The guest has ended: closes its descriptors and streams. */
  end(waitStatus: number): void;
}

/** Most that a wait sleeps before it looks again by itself. */
const LOOK_MS = 1000;

/**
 * Builds the private Linux of a guest.
 *
 * Errors: LinuxError when a mount, the working or a preopened directory is missing.
 */
export function createLibrary(
  { process, mounts, quotaBytes }: StartGuest,
  memory: GuestMemory,
  control: Control,
  slot: number,
  epochMs: number,
  monitor: Monitor,
): Library {
  const { i32 } = control;
  const base = slotBase(slot);
  const linux = new Linux({
    clock: linuxClock(epochMs),
    random: fillRandom,
    quotaBytes,
    onExit: (_process, waitStatus) => Atomics.compareExchange(i32, base + SLOT.KILL, 0, KILLED | waitStatus),
    onBug: (report) => {
      throw new Error(report);
    },
  });
  if (mounts.length > 0) {
    const client = new LocalHostClient();
    for (const mount of mounts) linux.mount(openMount(client, mount));
  }
  const entry = linux.spawn({
    pid: process.pid,
    args: process.args,
    env: process.env,
    cwd: process.cwd,
    descriptors: slotDescriptors(control, slot),
    stdio: openStdio(process.stdio, () => {}),
    terminals: process.terminals,
    preopens: process.preopens,
  });
  const context = linux.attach(entry, memory);
  const leaveIfEnded = (): void => {
    linux.completed(context);
    if (i32[base + SLOT.KILL] !== 0) monitor.leave();
  };
  return {
    context,
    handlerFor: (row: Row) => linux.handlers[row.number] as AnyHandler<unknown> | undefined,
    after: leaveIfEnded,
    wait: () => waitRunnable(linux, context, control, base, monitor),
    end: (waitStatus) => linux.end(entry, waitStatus),
  };
}

function waitRunnable(linux: Linux, context: SyscallContext, { i32 }: Control, base: number, monitor: Monitor): void {
  for (;;) {
    const bell = Atomics.load(i32, base + SLOT.DOORBELL);
    const timerMs = linux.poll();
    for (let runnable = linux.takeRunnable(); runnable !== undefined; runnable = linux.takeRunnable()) {
      if (runnable === context) return;
    }
    if (monitor.isKilled) monitor.leave();
    Atomics.wait(i32, base + SLOT.DOORBELL, bell, Math.min(timerMs, LOOK_MS));
  }
}

function openMount(client: LocalHostClient, { hostPath, path, readOnly }: HostMount): MountSpec {
  let fileSystem: HostFileSystem | number = 0;
  HostFileSystem.open(client, hostPath, readOnly, (opened) => {
    fileSystem = opened;
  });
  if (typeof fileSystem === 'number') throw new LinuxError(-fileSystem, 'mount', hostPath);
  return { path, fileSystem, readOnly };
}
