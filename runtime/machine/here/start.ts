// Starts a library in the booting thread: its process, its imports, its instance. Who serves its calls and whose its memory is
// differs with what the machine stands on, and is its site's: see shared.ts and unshared.ts, which are loaded when first needed.

import { CALLS } from '../../abi/table.ts';
import type { Pid } from '../../abi/types.ts';
import type { Control } from '../../channel/layout.ts';
import { type Binding, bindImports } from '../../core/bind.ts';
import { readLastWords } from '../../core/last-words.ts';
import { Monitor } from '../../core/monitor.ts';
import type { GuestMemory } from '../../memory/guest-memory.ts';
import type { ProcessBlock } from '../../process/block.ts';
import type { Lifecycle } from '../lifecycle.ts';
import type { ProcessMessage } from '../messages.ts';
import type { Exit } from '../process/exit.ts';
import { type Launch, processMessage } from '../process/launch.ts';
import { functionsOf } from '../resident/library.ts';
import type { LibraryMemory } from '../resident/memory.ts';
import { bindHereHost, type HereHost } from './host-imports.ts';
import { instantiateHere } from './instantiate.ts';
import { HereLibrary } from './library.ts';
import { HereProcess } from './process.ts';

/** What a library's process has of its machine. */
export interface HereSite {
  readonly pid: Pid;
  readonly control: Control;
  readonly slot: number;
  readonly block: ProcessBlock;
  readonly stdout: SharedArrayBuffer;
  readonly stderr: SharedArrayBuffer;
  /** Wakes who serves its streams. */
  readonly ring: () => void;
  /** Undefined when the program has none. */
  readonly memory: WebAssembly.Memory | undefined;
  readonly guestMemory: GuestMemory;
  /** What its embedder reaches of it. */
  readonly held: Pick<LibraryMemory, 'bytes'> | undefined;
  readonly memoryBytes: () => number;
  /**
   * Has Linux make the process.
   *
   * @returns who serves its calls
   *
   * Errors: ENOENT, ENOTDIR: no such working directory.
   */
  join(process: HereProcess, monitor: Monitor, message: ProcessMessage): Promise<Servers>;
  /** The instance is there, and has run nothing. */
  adopt(instance: WebAssembly.Instance): void;
  /** The guest has ended; `isOwn`: nobody has told Linux yet. */
  ended(process: HereProcess, waitStatus: number, isOwn: boolean, exit: Exit): void;
  /** Nobody uses memory and slot any more. */
  free(): void;
}

export type Servers = Pick<Binding, 'placement' | 'services' | 'rest'>;

export interface HereMachine {
  readonly processes: { set(pid: Pid, process: HereProcess): unknown; delete(pid: Pid): unknown };
  readonly lifecycle: Pick<Lifecycle, 'report'>;
}

/** Errors: those of HereSite.join. ENOEXEC: the module cannot be linked. ProgramEndedError: it ended while it was initialized. */
export async function startHere(
  launch: Launch,
  host: HereHost | undefined,
  site: HereSite,
  { processes, lifecycle }: HereMachine,
): Promise<HereLibrary> {
  const { program, options } = launch;
  const { pid, control, slot, block, stdout, stderr, ring, memory, guestMemory } = site;
  const monitor = new Monitor(control, slot, block);
  const process: HereProcess = new HereProcess({
    pid,
    control,
    block,
    monitor,
    stdout,
    stderr,
    ring,
    peakMemory: site.memoryBytes,
    onEnd: (waitStatus, isOwn, exit) => site.ended(process, waitStatus, isOwn, exit),
    onFree: () => {
      processes.delete(pid);
      site.free();
    },
    onBug: (report) => lifecycle.report(report),
  });
  processes.set(pid, process);
  try {
    const servers = await site.join(process, monitor, processMessage(pid, launch, [null, stdout, stderr]));
    const imports = bindImports(program.module, memory, {
      ...servers,
      calls: CALLS,
      routes: {},
      unknownImports: options.unknownImports ?? 'trap',
      stubs: program.unknownImports,
      host: bindHereHost(host, guestMemory, monitor),
      noteLastWords: (row, args) => monitor.noteLastWords(readLastWords(guestMemory, row, args)),
      missing: monitor.missing,
      contain: monitor.contain,
    });
    const exports = await instantiateHere(program.module, imports, process, (instance) => site.adopt(instance));
    return new HereLibrary({ process, exports, functions: functionsOf(program), memory: site.held });
  } catch (error) {
    process.kill('SIGKILL');
    throw error;
  }
}
