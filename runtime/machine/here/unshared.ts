// Libraries in the booting thread of a machine without shared memory: its Linux is in this thread too, so a library's calls are
// functions on the machine's own files.

import type { Linux } from '../../../personalities/linux/index.ts';
import type { Pid } from '../../abi/types.ts';
import { createLocalControl } from '../../channel/layout.ts';
import type { StreamWriter } from '../../channel/service.ts';
import { growing, MemoryCalls } from '../../core/memory-calls.ts';
import { GuestMemory, unsharedSource } from '../../memory/guest-memory.ts';
import { blockOfFirst, ProcessBlock } from '../../process/block.ts';
import { createLocalByteStream, RingWriter } from '../../shm/byte-stream.ts';
import type { BackingParts } from '../backing.ts';
import { joinLinux, loneSleeper, type PrivateLinux, publicly } from '../linux/private.ts';
import type { EpochMs } from '../messages.ts';
import type { Launch } from '../process/launch.ts';
import { sink } from '../unshared/core.ts';
import type { HereLibrary } from './library.ts';
import type { HereProcess } from './process.ts';
import { type HereSite, loadHereHost, startHere } from './start.ts';

const LONE_SLOT = 0;

/** @param pid of its process @param linux the machine's */
export async function loadHereUnshared(
  launch: Launch,
  pid: Pid,
  linux: Linux,
  machine: BackingParts,
): Promise<HereLibrary> {
  return startHere(launch, await loadHereHost(launch), createSite(launch, pid, linux, machine.epochMs), machine);
}

function createSite(
  { program: { memory: limits, memoryCalls } }: Launch,
  pid: Pid,
  linux: Linux,
  epochMs: EpochMs,
): HereSite {
  const control = createLocalControl(1);
  const block = new ProcessBlock(control, blockOfFirst(LONE_SLOT));
  block.join(LONE_SLOT);
  const memory = limits && new WebAssembly.Memory({ initial: limits.initialPages, maximum: limits.maximumPages });
  const source = unsharedSource(() => memory);
  const guestMemory = new GuestMemory(source);
  const [stdout, stderr] = [createLocalByteStream(), createLocalByteStream()];
  let joined: PrivateLinux | undefined;
  return {
    pid,
    control,
    slot: LONE_SLOT,
    epochMs,
    block,
    stdout,
    stderr,
    ring: () => {},
    memory,
    guestMemory,
    held: memory && {
      get bytes() {
        return new Uint8Array(memory.buffer);
      },
    },
    peakMemory: () => memory?.buffer.byteLength ?? 0,
    join: async (process, monitor, { args, env, cwd, preopens }) => {
      const stdio = ['null', writerFor(stdout, process), writerFor(stderr, process)] as const;
      const own = { memory: guestMemory, control, slot: LONE_SLOT, block, monitor, sleeper: loneSleeper() };
      joined = publicly(() => joinLinux(linux, own, { pid, args, env, cwd, preopens, stdio }));
      return { placement: 'library', services: {}, rest: joined, sleep: joined.sleep };
    },
    maximumPages: limits?.maximumPages ?? 0,
    grow: growing(memory),
    adopt: (instance, waits) => {
      const calls = new MemoryCalls(block.words, block.pagesIndex);
      if (memoryCalls !== undefined) calls.bind(instance, memoryCalls, source, waits);
    },
    ended: (process, waitStatus) => {
      joined?.end(waitStatus);
      process.linuxLeft();
    },
    free: () => {},
  };
}

/** A stream that is never full, since its reader is in this thread. */
function writerFor(stream: SharedArrayBuffer, process: HereProcess): StreamWriter {
  const writer = new RingWriter(stream);
  return sink((bytes) => {
    for (let rest = bytes; rest.length > 0; process.attend()) rest = rest.subarray(writer.write(rest));
  });
}
