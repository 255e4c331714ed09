// Libraries in the booting thread of a machine with shared memory: Linux serves them on a slot of their own, as any process of
// the machine, so they see its files. While such a library waits, this thread does nothing else, so what it serves itself (the
// streams that the library writes to) is done in the wait; what it cannot do there is refused ahead.

import { Client } from '../../channel/client.ts';
import { type Control, nextPid, ringDoorbell, slotCounters } from '../../channel/layout.ts';
import { shipping } from '../../core/bind.ts';
import { MemoryCalls } from '../../core/memory-calls.ts';
import type { Monitor } from '../../core/monitor.ts';
import { scrub } from '../../core/scrub.ts';
import { GuestMemory, type GuestMemorySource } from '../../memory/guest-memory.ts';
import { PAGE_BYTES, realPages } from '../../memory/pages.ts';
import { blockOfFirst, ProcessBlock } from '../../process/block.ts';
import { ByteStreamPool } from '../../shm/byte-stream.ts';
import type { Wait } from '../../shm/doorbell.ts';
import type { BackingParts } from '../backing.ts';
import { cnkServices } from '../cores/cnk-context.ts';
import { type CorePool, clearSlot, type SlotAllocator } from '../cores/pool.ts';
import { FusedError } from '../errors.ts';
import type { MachineMemory } from '../memory.ts';
import type { EpochMs, ProcessMessage, ToLinux } from '../messages.ts';
import type { MachineMounts } from '../mounts/machine-mounts.ts';
import { HERE_MOST } from '../options.ts';
import type { Launch } from '../process/launch.ts';
import type { Program } from '../program.ts';
import { LibraryMemory } from '../resident/memory.ts';
import type { HereLibrary } from './library.ts';
import type { HereProcess } from './process.ts';
import { type HereSite, loadHereHost, type Servers, startHere } from './start.ts';

export interface SharedHereParts {
  readonly control: Control;
  readonly slots: SlotAllocator;
  readonly epochMs: EpochMs;
  readonly tellLinux: (message: ToLinux) => void;
  readonly mounts: Pick<MachineMounts, 'requireNoVolumes' | 'isBusyHere'>;
  readonly memories: Pick<MachineMemory, 'take' | 'lease' | 'note'>;
  /** Zero memories. */
  readonly cores: Pick<CorePool, 'scrub'>;
  /** Most that a library's memory may have. */
  readonly limitPages: number;
}

/** Of a program that has none. */
const NO_MEMORY: GuestMemorySource = { buffer: new ArrayBuffer(0), grow: () => 0 };

export class SharedHere {
  readonly #parts: SharedHereParts;
  readonly #streams = new ByteStreamPool();
  /** Libraries, those that start included. */
  #count = 0;
  /** Those that are processes. */
  #processes = 0;

  constructor(parts: SharedHereParts) {
    this.#parts = parts;
  }

  /** Errors: EAGAIN: there are too many. EDEADLK: this thread serves what it may wait for. ENOMEM. Those of startHere. */
  async load(launch: Launch, machine: BackingParts): Promise<HereLibrary> {
    if (this.#count >= HERE_MOST) {
      throw new FusedError('EAGAIN', `there are ${HERE_MOST} libraries in this thread: close one`);
    }
    this.#count++;
    let slot: number | undefined;
    let site: HereSite;
    let host: Awaited<ReturnType<typeof loadHereHost>>;
    try {
      host = await loadHereHost(launch);
      slot = await this.#parts.slots.take();
      this.#parts.mounts.requireNoVolumes();
      site = this.#createSite(slot, launch.program);
    } catch (error) {
      this.#count--;
      if (slot !== undefined) this.#parts.slots.giveBack(slot);
      throw error;
    }
    // Its end gives back what it has.
    return startHere(launch, host, site, machine);
  }

  #createSite(slot: number, program: Program): HereSite {
    const { control, memories, cores, tellLinux, limitPages, slots, mounts } = this.#parts;
    const taken = memories.take(program, limitPages);
    const lease = taken && memories.lease(taken, cores);
    const linuxMemory = lease?.share();
    const own = lease?.share();
    const [stdout, stderr] = [this.#streams.take(), this.#streams.take()];
    const block = new ProcessBlock(control, blockOfFirst(slot));
    block.clear(program.memory?.initialPages);
    const pid = nextPid(control);
    clearSlot(control, slot, block, pid);
    const pages = block.memoryPages;
    const memory = taken?.memory;
    const guestMemory = new GuestMemory(memory ?? NO_MEMORY, pages);
    const calls = new MemoryCalls(block.words, block.pagesIndex);
    calls.take(memory, taken?.maximumPages ?? 0);
    mounts.isBusyHere = ++this.#processes > 0;
    return {
      pid,
      control,
      slot,
      epochMs: this.#parts.epochMs,
      block,
      stdout,
      stderr,
      ring: () => ringDoorbell(control),
      memory,
      guestMemory,
      held: own && new LibraryMemory(own, pages),
      peakMemory: () => pages() * PAGE_BYTES,
      join: async (process, monitor, message) => {
        const cores = [{ slot }];
        tellLinux({ type: 'spawn', cores, block: block.number, process: message, memory, isHere: true, limits: {} });
        await process.started;
        if (taken?.isDirty) scrub(taken.memory);
        if (memory !== undefined) realPages(memory); // before the instance takes note of its size
        return this.#servers(slot, block, guestMemory, process, monitor, message);
      },
      maximumPages: taken?.maximumPages ?? 0,
      grow: calls.grow,
      adopt: (instance, waits) => {
        if (program.memoryCalls !== undefined) calls.bind(instance, program.memoryCalls, memory ?? NO_MEMORY, waits);
      },
      ended: ({ pid }, waitStatus, isOwn, { peakMemory }) => {
        own?.end();
        memories.note(program, peakMemory);
        if (isOwn) tellLinux({ type: 'end', pid, waitStatus });
      },
      free: () => {
        this.#count--;
        mounts.isBusyHere = --this.#processes > 0;
        this.#streams.giveBack(stdout);
        this.#streams.giveBack(stderr);
        linuxMemory?.end();
        slots.giveBack(slot);
      },
    };
  }

  #servers(
    slot: number,
    block: ProcessBlock,
    memory: GuestMemory,
    process: HereProcess,
    monitor: Monitor,
    message: ProcessMessage,
  ): Servers {
    const { control, epochMs } = this.#parts;
    const wait: Wait = (...how) => {
      process.attend();
      waitHere(...how);
    };
    const sleep = (durationMs: number): void => monitor.sleep(durationMs, wait);
    return {
      placement: 'cnk',
      sleep,
      services: cnkServices({ process: message, memory, control, slot, block, epochMs, monitor, sleep }),
      rest: shipping(
        new Client(control, slot, block.number, monitor.leave, undefined, wait),
        slotCounters(control, slot).shipped,
      ),
    };
  }
}

/** A page's own thread must not sleep: it looks again at once. */
function waitHere(...[words, index, seen, timeoutMs]: Parameters<Wait>): void {
  try {
    Atomics.wait(words, index, seen, timeoutMs);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
}
