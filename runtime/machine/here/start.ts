// Starts a library in the booting thread: its process, its imports, its instance. Who serves its calls and whose its memory is
// differs with what the machine stands on, and is its site's: see shared.ts and unshared.ts, which are loaded when first needed.

import { CALLS } from '../../abi/table.ts';
import { type Binding, bindImports } from '../../core/bind.ts';
import { readLastWords } from '../../core/last-words.ts';
import { Monitor } from '../../core/monitor.ts';
import { SignalHandlers } from '../../core/signal-handlers.ts';
import type { Waits } from '../../core/wait-calls.ts';
import type { GuestMemory } from '../../memory/guest-memory.ts';
import type { BackingParts } from '../backing.ts';
import { coreService } from '../cores/cnk-context.ts';
import { FusedError } from '../errors.ts';
import { bindHostFunctions, type HostModuleFunctions, loadHostModules } from '../host-functions/guest-side.ts';
import { type HostSelection, selectHostImports } from '../host-functions/imports.ts';
import type { EpochMs, ProcessMessage } from '../messages.ts';
import type { Exit } from '../process/exit.ts';
import { type Launch, processMessage } from '../process/launch.ts';
import { functionsOf } from '../resident/library.ts';
import type { LibraryMemory } from '../resident/memory.ts';
import { HereLibrary } from './library.ts';
import { HereProcess, type HereProcessParts } from './process.ts';

/** What a library's process has of its machine. */
export interface HereSite
  extends Pick<HereProcessParts, 'pid' | 'control' | 'block' | 'stdout' | 'stderr' | 'ring' | 'peakMemory'> {
  readonly slot: number;
  readonly epochMs: EpochMs;
  /** Undefined when the program has none. */
  readonly memory: WebAssembly.Memory | undefined;
  readonly guestMemory: GuestMemory;
  /** What its embedder reaches of it. */
  readonly held: Pick<LibraryMemory, 'bytes'> | undefined;
  /**
   * Has Linux make the process.
   *
   * @returns who serves its calls
   *
   * Errors: ENOENT, ENOTDIR: no such working directory.
   */
  join(process: HereProcess, monitor: Monitor, message: ProcessMessage): Promise<Servers>;
  /** The most that its memory may have. */
  readonly maximumPages: number;
  /** Grows it. @returns the pages before; −1 */
  readonly grow: (pages: number) => number;
  /** The instance is there, and has run nothing. @param waits how it waits */
  adopt(instance: WebAssembly.Instance, waits: Waits): void;
  /** The guest has ended; `isOwn`: nobody has told Linux yet. */
  ended(process: HereProcess, waitStatus: number, isOwn: boolean, exit: Exit): void;
  /** Nobody uses memory and slot any more. */
  free(): void;
}

export interface Servers extends Pick<Binding, 'placement' | 'services' | 'rest'> {
  /** Sleeps as the thread may. */
  sleep(durationMs: number): void;
}

/** What a library imports of its embedder's. */
export interface HereHost {
  readonly selection: HostSelection;
  readonly functions: HostModuleFunctions;
}

/** Errors: ERR_INVALID_ARG_VALUE; EINVAL: a module that has no such function. */
export async function loadHereHost({ program, options }: Launch): Promise<HereHost | undefined> {
  const selection = selectHostImports(program, options.imports);
  if (selection === undefined) return undefined;
  const loaded = await loadHostModules(selection.imports);
  if ('error' in loaded) throw new FusedError(loaded.error.code, loaded.error.message);
  return { selection, functions: new Map([...loaded, ...selection.functions]) };
}

/** Errors: those of HereSite.join. ENOEXEC: the module cannot be linked. ProgramEndedError: it ended while it was initialized. */
export async function startHere(
  launch: Launch,
  host: HereHost | undefined,
  site: HereSite,
  { processes, lifecycle }: BackingParts,
): Promise<HereLibrary> {
  const { program, options } = launch;
  const { pid, control, slot, block, stdout, stderr, memory, guestMemory } = site;
  const monitor = new Monitor(control, slot, block);
  monitor.arm(program.module);
  const process: HereProcess = new HereProcess({
    ...site,
    monitor,
    onEnd: (waitStatus, isOwn, exit) => site.ended(process, waitStatus, isOwn, exit),
    onFree: () => {
      processes.delete(pid);
      site.free();
    },
    onBug: (report) => lifecycle.report(report),
  });
  processes.set(pid, process);
  try {
    const message = processMessage(pid, launch, [null, stdout, stderr]);
    const servers = await site.join(process, monitor, message);
    const handlers = new SignalHandlers(monitor);
    const { core, attention, waits } = coreService({
      ...servers,
      process: message,
      memory: guestMemory,
      control,
      slot,
      block,
      epochMs: site.epochMs,
      monitor,
      missing: monitor.missing,
      contain: monitor.contain,
      maximumPages: site.maximumPages,
      grow: site.grow,
      callHandler: handlers.call,
    });
    const imports = bindImports(program.module, memory, {
      ...servers,
      services: { ...servers.services, core },
      attention,
      calls: CALLS,
      routes: {},
      unknownImports: options.unknownImports ?? 'trap',
      stubs: program.unknownImports,
      host: bindHereHost(host, guestMemory, monitor),
      noteLastWords: (row, args) => monitor.noteLastWords(readLastWords(guestMemory, row, args)),
      missing: monitor.missing,
      contain: monitor.contain,
    });
    const exports = await instantiateHere(program.module, imports, process, (instance) => {
      handlers.adopt(instance, program.tableExport);
      site.adopt(instance, waits);
    });
    return new HereLibrary({ process, exports, functions: functionsOf(program), memory: site.held });
  } catch (error) {
    process.kill('SIGKILL');
    throw error;
  }
}

/** All of them are functions here, and none can be waited for. */
function bindHereHost(host: HereHost | undefined, memory: GuestMemory, monitor: Monitor): Binding['host'] {
  if (host === undefined) return undefined;
  const { selection, functions } = host;
  return bindHostFunctions({ imports: selection.imports, functions, memory, monitor, callBack: () => undefined });
}

/**
 * Instantiates and initializes. A page instantiates large modules in its own thread only when that is not waited for, so this is
 * asynchronous; nothing else of the library runs meanwhile.
 *
 * @param bind runs before anything else of the instance's, and may run its start function
 *
 * Errors: ENOEXEC: it cannot be linked. ProgramEndedError: it ended in its start function or `_initialize`.
 */
async function instantiateHere(
  module: WebAssembly.Module,
  imports: WebAssembly.Imports,
  process: HereProcess,
  bind: (instance: WebAssembly.Instance) => void,
): Promise<WebAssembly.Exports> {
  const instance = await WebAssembly.instantiate(module, imports).catch((error: unknown) => {
    if (error instanceof WebAssembly.LinkError) {
      throw new FusedError('ENOEXEC', `the program cannot be linked: ${error.message}`);
    }
    return process.call((): never => {
      throw error;
    });
  });
  process.call(() => bind(instance));
  const { exports } = instance;
  const initialize = exports['_initialize'];
  if (typeof initialize === 'function') process.call(() => initialize());
  return exports;
}
