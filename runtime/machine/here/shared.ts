// Starts libraries in the booting thread, on a whole machine: Linux serves them on a slot of their own, as any process of the
// machine, so they see its files. Loaded when first needed. While such a library waits, this thread does nothing else, so what it
// serves itself (the streams that the library writes to) is done in the wait; what it cannot do there is refused ahead.

import type { Pid } from '../../abi/types.ts';
import { Client, type Park } from '../../channel/client.ts';
import { type Control, memoryPagesOf, ringDoorbell, SLOT, slotBase, slotCounters } from '../../channel/layout.ts';
import { bindImports } from '../../core/bind.ts';
import { readLastWords } from '../../core/last-words.ts';
import { MemoryCalls } from '../../core/memory-calls.ts';
import { Monitor } from '../../core/monitor.ts';
import { scrub } from '../../core/scrub.ts';
import { GuestMemory, type GuestMemorySource } from '../../memory/guest-memory.ts';
import { PAGE_BYTES, realPages } from '../../memory/pages.ts';
import type { PooledMemory } from '../../memory/pool.ts';
import { ByteStreamPool } from '../../shm/byte-stream.ts';
import { cnkPersonality } from '../cores/cnk-context.ts';
import { type CorePool, clearSlot, type SlotAllocator } from '../cores/pool.ts';
import { FusedError } from '../errors.ts';
import type { MachineMemory } from '../memory.ts';
import type { EpochMs, ToLinux } from '../messages.ts';
import { type Launch, processMessage } from '../process/launch.ts';
import { functionsOf } from '../resident/library.ts';
import { LibraryMemory } from '../resident/memory.ts';
import { bindHereHost, type HereHost, loadHereHost } from './host-imports.ts';
import { instantiateHere } from './instantiate.ts';
import { HereLibrary } from './library.ts';
import { HERE_MOST } from './limits.ts';
import { HereProcess } from './process.ts';

export interface HereMachineParts {
  readonly control: Control;
  readonly slots: SlotAllocator;
  readonly epochMs: EpochMs;
  readonly nextPid: () => Pid;
  readonly tellLinux: (message: ToLinux) => void;
  /** Errors: EDEADLK: this thread serves what the library may wait for. ESHUTDOWN. */
  readonly requireAllowed: () => void;
  readonly memories: Pick<MachineMemory, 'take' | 'lease' | 'note'>;
  /** Zero memories. */
  readonly cores: Pick<CorePool, 'scrub'>;
  /** Most that a library's memory may have. */
  readonly limitPages: number;
  /** The machine knows the process from now on, until it is told `undefined`. */
  readonly register: (pid: Pid, process: HereProcess | undefined) => void;
  readonly onBug: (report: string) => void;
}

/** A wait of a library looks so often whether its thread has something to do for it. */
const ATTEND_MS = 1;

export class HereMachine {
  readonly #parts: HereMachineParts;
  readonly #streams = new ByteStreamPool();
  #live = 0;

  constructor(parts: HereMachineParts) {
    this.#parts = parts;
  }

  /**
   * Starts a library.
   *
   * Errors: EAGAIN: there are too many. EDEADLK. ENOMEM. ENOENT, ENOTDIR: no such working directory. ENOEXEC: the module cannot be
   * linked. ProgramEndedError: it ended while it was initialized.
   */
  async start(launch: Launch): Promise<HereLibrary> {
    if (this.#live >= HERE_MOST) {
      throw new FusedError('EAGAIN', `there are ${HERE_MOST} libraries in this thread: close one`);
    }
    this.#live++;
    let slot: number | undefined;
    try {
      const host = await loadHereHost(launch);
      slot = await this.#parts.slots.take();
      this.#parts.requireAllowed();
      const memory = this.#parts.memories.take(launch.program, this.#parts.limitPages);
      return await this.#startOn(slot, memory, launch, host);
    } catch (error) {
      // Once it is a process, its end gives all of this back.
      if (slot === undefined || !(error instanceof StartedError)) {
        this.#live--;
        if (slot !== undefined) this.#parts.slots.giveBack(slot);
      }
      throw error instanceof StartedError ? error.cause : error;
    }
  }

  async #startOn(
    slot: number,
    memory: PooledMemory | undefined,
    launch: Launch,
    host: HereHost | undefined,
  ): Promise<HereLibrary> {
    const { control, nextPid, tellLinux, register, onBug } = this.#parts;
    const pid = nextPid();
    const monitor = new Monitor(control, slot);
    const [stdout, stderr] = [this.#streams.take(), this.#streams.take()];
    const { program } = launch;
    clearSlot(control, slot, program.memory?.initialPages);
    const lease = memory && this.#parts.memories.lease(memory, this.#parts.cores);
    const linuxMemory = lease?.share();
    const own = lease?.share();
    const pages = memoryPagesOf(control, slot);
    const process = new HereProcess({
      pid,
      control,
      slot,
      monitor,
      stdout,
      stderr,
      ring: () => ringDoorbell(control),
      peakMemory: () => pages() * PAGE_BYTES,
      onEnd: (waitStatus, isOwn, { peakMemory }) => {
        own?.end();
        this.#parts.memories.note(program, peakMemory);
        if (isOwn) tellLinux({ type: 'end', pid, waitStatus });
      },
      onFree: () => {
        this.#live--;
        register(pid, undefined);
        this.#streams.giveBack(stdout);
        this.#streams.giveBack(stderr);
        linuxMemory?.end();
        this.#parts.slots.giveBack(slot);
      },
      onBug,
    });
    register(pid, process);
    const message = processMessage(pid, launch, [null, stdout, stderr]);
    tellLinux({ type: 'spawn', slot, process: message, memory: memory?.memory, isAwaited: true, limits: {} });
    try {
      await process.started;
      if (memory?.isDirty) scrub(memory.memory);
      const imports = this.#bind(slot, memory, launch, process, monitor, host);
      if (memory !== undefined) realPages(memory.memory); // before the instance takes note of its size
      const exports = await instantiateHere(program.module, imports, process, (instance) => {
        if (memory === undefined || program.memoryCalls === undefined) return;
        const calls = new MemoryCalls(control.i32, slotBase(slot) + SLOT.MEMORY_PAGES);
        calls.bind(instance, program.memoryCalls, memory.memory, memory.maximumPages);
      });
      const held = own && new LibraryMemory(own, pages);
      return new HereLibrary({ process, exports, functions: functionsOf(program), memory: held });
    } catch (error) {
      process.kill('SIGKILL');
      throw new StartedError(error);
    }
  }

  #bind(
    slot: number,
    pooled: PooledMemory | undefined,
    { program, name, options }: Launch,
    process: HereProcess,
    monitor: Monitor,
    host: HereHost | undefined,
  ): WebAssembly.Imports {
    const { control, epochMs } = this.#parts;
    const memory = new GuestMemory(pooled?.memory ?? NO_MEMORY, memoryPagesOf(control, slot));
    const park: Park = (words, index, seen) => {
      process.attend();
      parkFor(words, index, seen, ATTEND_MS);
    };
    const { args, env } = processMessage(
      process.pid,
      { program, name, options, mode: 'library', preopens: [] },
      NO_STDIO,
    );
    return bindImports(program.module, pooled?.memory, {
      placement: 'cnk',
      routes: {},
      unknownImports: options.unknownImports ?? 'trap',
      stubs: program.unknownImports,
      host: bindHereHost(host, memory, monitor),
      client: new Client(control, slot, monitor.leave, undefined, park),
      cnk: cnkPersonality({
        process: { args, env },
        memory,
        control,
        slot,
        epochMs,
        monitor,
        sleep: (durationMs) => sleepHere(control, slot, durationMs, park, monitor),
      }),
      library: undefined,
      counters: slotCounters(control, slot),
      noteLastWords: (row, args) => monitor.noteLastWords(readLastWords(memory, row, args)),
      missing: monitor.missing,
      contain: monitor.contain,
    });
  }
}

/** What went wrong after the process had begun: its end gives everything back. */
class StartedError extends Error {
  constructor(cause: unknown) {
    super('', { cause });
  }
}

/** Of a program that has none. */
const NO_MEMORY: GuestMemorySource = { buffer: new ArrayBuffer(0), grow: () => 0 };
const NO_STDIO = [null, new SharedArrayBuffer(0), new SharedArrayBuffer(0)] as const;

/** Sleeps on the slot's doorbell as a core does (Monitor.sleep), and attends to what this thread has to do. */
function sleepHere(control: Control, slot: number, durationMs: number, park: Park, monitor: Monitor): void {
  const doorbell = slotBase(slot) + SLOT.DOORBELL;
  const dueMs = performance.now() + durationMs;
  for (;;) {
    const seen = Atomics.load(control.i32, doorbell);
    if (monitor.isKilled) monitor.leave();
    const restMs = dueMs - performance.now();
    if (!(restMs > 0)) return;
    if (restMs < ATTEND_MS) parkFor(control.i32, doorbell, seen, restMs);
    else park(control.i32, doorbell, seen);
  }
}

/** A page's own thread must not sleep: it looks again at once. */
function parkFor(words: Int32Array<SharedArrayBuffer>, index: number, seen: number, durationMs: number): void {
  try {
    Atomics.wait(words, index, seen, durationMs);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
}
