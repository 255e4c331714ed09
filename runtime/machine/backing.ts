// What a machine stands on, behind one face: a host whose threads share memory (shared/), or one whose threads do not (unshared/).
// machine.ts has what both have in common; a backing has who serves calls and files, whose a guest's memory is, and what follows.

import type { Pid } from '../abi/types.ts';
import type { Control } from '../channel/layout.ts';
import type { Placement } from '../core/route.ts';
import type { MemoryShare } from '../memory/lease.ts';
import type { ProcessBlock } from '../process/block.ts';
import type { CorePool, Cores } from './cores/pool.ts';
import type { FusedError } from './errors.ts';
import type { MachineFileSystem } from './fs/index.ts';
import type { HereLibrary } from './here/library.ts';
import type { HereProcess } from './here/process.ts';
import type { HostSelection } from './host-functions/imports.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { EpochMs, HostStdio, StagedFileMessage, StartGuest, StdioBuffers, TraceStream } from './messages.ts';
import type { MountSource } from './mounts/table.ts';
import type { MachineSettings, SpawnOptions } from './options.ts';
import type { Launch } from './process/launch.ts';
import type { GuestProcess, ProcessParts } from './process/process.ts';
import type { OpenStdin } from './process/stdin.ts';
import type { Program } from './program.ts';
import type { LoadedProgram } from './resident/library.ts';

/** Why a machine is not whole, and what it lacks. */
export interface Degradation {
  /** What the host lacks, and what to do about it. */
  readonly missing: string;
  /** What follows, a sentence each. */
  readonly lost: readonly string[];
}

/** Those that the booting thread has started, while a core or Linux has something of them. */
export type Processes = Map<Pid, GuestProcess | HereProcess>;

export interface BackingParts {
  readonly settings: MachineSettings;
  readonly epochMs: EpochMs;
  readonly lifecycle: Lifecycle;
  readonly processes: Processes;
}

/** A process that is to start, with all that its backing must know. */
export interface ProcessLaunch extends Launch {
  readonly placement: Placement;
  readonly host: HostSelection | undefined;
  /** Files that its core serves. */
  readonly staged: readonly StagedFileMessage[];
  /** Descriptor 0 is a stream; else it is /dev/null. */
  readonly hasStdin: boolean;
  /** What of descriptor 0 was read ahead. */
  readonly readAhead: Uint8Array;
  /** The most that its memory may have. */
  readonly limitPages: number;
  /** Others have its memory, too: those of its job. */
  readonly isRank: boolean;
}

/** What a core is told of a guest whatever its backing. */
export type CommonStart = Omit<
  StartGuest,
  | 'memory'
  | 'isMemoryDirty'
  | 'maximumPages'
  | 'memoryCalls'
  | 'tableExport'
  | 'host'
  | 'hostWork'
  | 'threads'
  | 'trace'
  | 'mounts'
  | 'machine'
  | 'unshared'
>;

/** What a process gets of its machine, for its life. */
export interface ProcessResources {
  readonly stdio: StdioBuffers;
  readonly parts: Pick<
    ProcessParts,
    'guestMemory' | 'linuxMemory' | 'ring' | 'endInLinux' | 'onStreamFree' | 'countsEarly' | 'hostCalls'
  >;
  /** The embedder's share of its memory. */
  readonly memory: LoadedProgram['memory'];
  /** The share of its job, whose end is the job's to tell. */
  readonly jobMemory: MemoryShare | undefined;
  /** Starts its guest, and hears what that says. @param traces where each of its cores writes a trace, when one is wanted */
  start(process: GuestProcess, message: CommonStart, traces: readonly TraceStream[] | undefined): void;
  /** Neither its core nor Linux has anything of it. @returns when nobody else has; undefined: nobody has */
  end(): Promise<void> | undefined;
  /** Instead of `start`: it does not start after all. */
  discard(): void;
}

export interface Backing {
  readonly degraded: Degradation | undefined;
  readonly control: Control;
  readonly fs: MachineFileSystem;
  /** Application cores. */
  readonly cores: CorePool;
  /** Where a program runs whose user does not say. */
  readonly placement: Placement;
  /** The names at the top of a process's own tree, where it has one that nobody can ask before it begins. */
  readonly ownTops: readonly string[] | undefined;
  /** @param onRoot the root is there, what stands in it is not */
  start(mounts: Readonly<Record<string, MountSource>>, onRoot: () => Promise<void>): Promise<void>;
  mount(source: MountSource, path: string): Promise<void>;
  unmount(path: string): Promise<void>;
  /** What must be there of stdin, and for staged files, before a process starts. @returns what was read ahead */
  prepare(staged: readonly StagedFileMessage[], stdin: OpenStdin | undefined): Promise<Uint8Array>;
  /** Errors: ENOSYS: the machine lacks what a process asks for. */
  requireServed(options: SpawnOptions, host: HostSelection | undefined, hostStdio: HostStdio | undefined): void;
  coresFor(placement: Placement): CorePool;
  /** Waits a moment where a memory is about to come back. */
  settle(program: Program, limitPages: number): Promise<void>;
  /** Errors: ENOMEM: the machine’s memory, or its own limit, does not allow the program now. */
  resourcesFor(cores: Cores, block: ProcessBlock, launch: ProcessLaunch): ProcessResources;
  /** Loads a program into this thread. */
  loadHere(launch: Launch): Promise<HereLibrary>;
  setRef(keepsProgramRunning: boolean): void;
  /** @param error is told to whoever waits for something @returns when no thread is left */
  close(error: FusedError): Promise<void>;
  /** After `close`, when every process was given up. */
  dispose(): void;
}
