// What the booting thread says to the workers, and they to it. All of it survives a structured clone; a worker in guest
// code receives nothing, so everything that a guest needs is in the message that starts it.

import type { MachineFacts } from '../../personalities/linux/index.ts';
import type { Torus } from '../../personalities/messaging/index.ts';
import type { Pid } from '../abi/types.ts';
import type { UnknownImport } from '../core/linkage.ts';
import type { GuestEnd } from '../core/monitor.ts';
import type { Placement, Routes } from '../core/route.ts';
import type { GuestThreadSetup } from '../files/guest-thread/server.ts';
import type { MemoryMessage } from '../files/server.ts';
import type { StandardFileMessage } from '../host/standard-file.ts';
import type { MemoryCallNames } from '../memory/module/index.ts';
import type { HostSetup } from './host-functions/imports.ts';
import type { MountMessage } from './mounts/table.ts';
import type { CallLimits } from './process/limits.ts';
import type { Batch } from './resident/batch.ts';
import type { UnsharedEnd, UnsharedStart } from './unshared/messages.ts';
import type { WasmValue } from './values/wasm-values.ts';

/** Descriptors 0, 1 and 2: shared byte streams; one buffer may stand twice. */
export type StdioBuffers = readonly [
  stdin: SharedArrayBuffer | null,
  stdout: SharedArrayBuffer,
  stderr: SharedArrayBuffer,
];

export type StandardFiles = readonly (StandardFileMessage | undefined)[];

/** The host's own descriptors as a program's standard streams. For the command line, whose own they are. */
export interface HostStdio {
  readonly files: StandardFiles;
  /** The program starts: tells the thread that serves it when there is something to read. @param ring wakes that thread */
  serve(ring: () => void): void;
}

/** A directory that a WASI program finds open: the name that it is told, the path in the tree. */
export interface Preopen {
  readonly name: string;
  readonly path: string;
}

/** A process as Linux is told of it. */
export interface ProcessMessage {
  readonly pid: Pid;
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly cwd: string;
  readonly stdio: StdioBuffers;
  /** Descriptors 0, 1 and 2 that are the host's own; what is undefined is the stream above. */
  readonly standardFiles?: StandardFiles;
  /** Which of them are terminals. */
  readonly terminals: readonly [boolean, boolean, boolean];
  readonly preopens: readonly Preopen[];
}

/** A function to call, with its arguments. */
export interface Invocation {
  readonly name: string;
  readonly args: readonly WasmValue[];
}

/** Where a core writes the lines of a trace. */
export type TraceStream = SharedArrayBuffer | 'messages';

/** The time that all cores agree on: Unix time in milliseconds of the machine's boot. */
export type EpochMs = number;

export type ToCore =
  | { readonly type: 'boot'; readonly control: SharedArrayBuffer; readonly slot: number; readonly epochMs: EpochMs }
  | StartGuest
  | ({ readonly type: 'call'; readonly id: number } & Invocation)
  | { readonly type: 'batch'; readonly id: number; readonly batch: Batch }
  | { readonly type: 'unload' }
  | { readonly type: 'scrub'; readonly memory: WebAssembly.Memory };

/** A client's end of a ring to what serves files elsewhere: the port takes the memories that requests name. */
export interface HostLink {
  readonly ring: SharedArrayBuffer;
  readonly port: MessagePort;
}

/** A core's part in a process that has taken several. */
export interface ThreadSetup {
  /** Of all cores of the process; the first runs main. */
  readonly slots: readonly number[];
  /** An instance that a thread has left can run the next one: all its globals are set as a thread begins. */
  readonly reusesInstance: boolean;
  /** What its threads share besides their memory. */
  readonly shared: SharedArrayBuffer;
}

/** A process's part in a job of several: see personalities/messaging. */
export interface JobSetup {
  readonly rank: number;
  readonly size: number;
  readonly ranksHere: number;
  /** Where they are. */
  readonly torus: Torus;
  /** See jobMemoryBytes. */
  readonly shared: SharedArrayBuffer;
  /** Where the times of calls are measured; of all ranks. */
  readonly times?: SharedArrayBuffer;
  /** Of the ranks that this machine has, by rank. */
  readonly memories: readonly (WebAssembly.Memory | undefined)[];
  /** Of the first thread of each, by rank: its doorbell is there. */
  readonly slots: readonly (number | undefined)[];
  /** Absent: messages go by shared memory. */
  readonly transport?: TransportModule;
}

/** A module whose function makes the transport of a rank. */
export interface TransportModule {
  /** URL. */
  readonly module: string;
  /** Of the export, a function (parts: RankParts, ...args) => Transport. */
  readonly name: string;
  readonly args: readonly unknown[];
}

export interface StartGuest {
  readonly type: 'start';
  /** Number of the process's block. */
  readonly block: number;
  readonly process: ProcessMessage;
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory | undefined;
  /** Another guest's bytes are in the memory: zero it first. */
  readonly isMemoryDirty: boolean;
  /** What the guest may grow it to. */
  readonly maximumPages: number;
  /** Absent for a module that neither asks for its memory's size nor grows it, nor waits. */
  readonly memoryCalls?: MemoryCallNames;
  /** Under which name its instance exports table 0; absent: it has none. */
  readonly tableExport?: string;
  readonly placement: Placement;
  readonly routes: Routes;
  readonly unknownImports: 'trap' | 'enosys';
  /** What stands in for those. */
  readonly stubs: readonly UnknownImport[];
  /** Functions of the embedder's that it imports. */
  readonly host?: HostSetup;
  /** `command`: run and end. `resident`: initialize, then answer calls until unloaded. */
  readonly mode: 'command' | 'resident';
  /** A function to call instead of `_start`. */
  readonly invoke: Invocation | undefined;
  /** For the `library` placement: its Linux's own tree. */
  readonly mounts: readonly MountMessage[];
  /** By which that Linux asks for the Volumes among the mounts; what memories it uses it says by message. */
  readonly volumes?: SharedArrayBuffer;
  /** By which that Linux asks for the OPFS among the mounts. */
  readonly opfs?: HostLink;
  /** On a machine that has host directories. */
  readonly hostWork?: GuestThreadSetup;
  /** The process ends when all its threads wait for each other. */
  readonly deadlockCheck: boolean;
  /** Absent: the process has one core. */
  readonly threads?: ThreadSetup;
  /** It makes calls of MPI. */
  readonly usesMessaging: boolean;
  /** Absent: it was started alone, and is a job of one rank. */
  readonly job?: JobSetup;
  readonly quotaBytes: number;
  readonly limits: CallLimits;
  readonly machine: MachineFacts;
  /** Files that CNK serves in the guest's worker. */
  readonly stage?: readonly StagedFileMessage[];
  /** Where to write a line for each call. */
  readonly trace?: TraceStream;
  /** On a machine without shared memory; the placement is `library`, `memory` undefined. */
  readonly unshared?: UnsharedStart;
}

/** A staged file: its first bytes, or what makes its `Fd`s. */
export type StagedFileMessage = { readonly path: string; readonly bytes: Uint8Array<ArrayBuffer> } | StagedModule;

export interface StagedModule {
  readonly path: string;
  /** URL. */
  readonly module: string;
  /** Of the export. */
  readonly name: string;
  readonly args: readonly unknown[];
}

export type FromCore =
  | { readonly type: 'ready' }
  /** The oldest memory that it was sent to zero is zero. */
  | { readonly type: 'scrubbed' }
  | { readonly type: 'loaded' }
  | { readonly type: 'result'; readonly id: number; readonly value: unknown }
  /** Results of the first calls; fewer than there are when one of them has ended the program. */
  | { readonly type: 'batch-result'; readonly id: number; readonly results: ArrayBuffer; readonly done: number }
  /** The guest calls a function in the booting thread, and waits. */
  | {
      readonly type: 'host-call';
      readonly index: number;
      readonly generation: number;
      readonly args: readonly (number | bigint)[];
    }
  /** For Volumes: a memory that requests will name. */
  | { readonly type: 'volume-memory'; readonly message: MemoryMessage }
  /** Without shared memory: a call of the guest, traced. */
  | { readonly type: 'trace'; readonly line: string }
  /** Without shared memory: the guest sleeps, at most so long. */
  | { readonly type: 'sleeps'; readonly durationMs: number }
  /** Without shared memory: what the guest writes. */
  | { readonly type: 'output'; readonly fd: 1 | 2; readonly bytes: Uint8Array<ArrayBuffer> }
  | {
      readonly type: 'ended';
      readonly pid: Pid;
      readonly end: GuestEnd;
      /** It is the guest's own: nobody had ended its process before. */
      readonly isOwn: boolean;
      readonly error?: LaunchError;
      readonly values?: readonly string[];
      readonly unshared?: UnsharedEnd;
    }
  | { readonly type: 'bug'; readonly message: string }
  /** Not said by the worker: it is gone, by an error that nothing caught. */
  | { readonly type: 'lost'; readonly message: string };

/** Why a guest could not start; not the guest's own end. */
export interface LaunchError {
  readonly code: string;
  readonly message: string;
}

/** A core as Linux is told of it: the calls of a thread there come by its slot. */
export interface LinuxCore {
  readonly slot: number;
  /** By which Linux has its thread work on host directories. */
  readonly hostWork?: GuestThreadSetup;
}

export type ToLinux =
  | {
      readonly type: 'boot';
      readonly control: SharedArrayBuffer;
      readonly epochMs: EpochMs;
      readonly quotaBytes: number;
      readonly machine: MachineFacts;
    }
  | {
      readonly type: 'spawn';
      /** Its cores, the first that of main. */
      readonly cores: readonly LinuxCore[];
      /** Number of the process's block. */
      readonly block: number;
      readonly process: ProcessMessage;
      readonly memory: WebAssembly.Memory | undefined;
      /**
       * Its guest is in the booting thread: Linux says when it serves the process, since that thread cannot hear a refusal later, and
       * rings its slot for what it writes, since that thread reads it while it waits.
       */
      readonly isHere?: boolean;
      readonly limits: CallLimits;
    }
  | { readonly type: 'end'; readonly pid: Pid; readonly waitStatus: number }
  /** Before the first `mount` of one: the worker that serves host directories is there. */
  | ({ readonly type: 'host-directories'; readonly notes: SharedArrayBuffer } & HostLink)
  /** Before the first `mount` of it: OPFS is served. */
  | ({ readonly type: 'opfs' } & HostLink)
  /** Before the first `mount` of one: Volumes are served. */
  | { readonly type: 'volumes'; readonly ring: SharedArrayBuffer }
  | { readonly type: 'mount'; readonly id: number; readonly mount: MountMessage }
  | { readonly type: 'unmount'; readonly id: number; readonly path: string }
  | { readonly type: 'fs'; readonly id: number; readonly operation: string; readonly args: readonly unknown[] }
  | { readonly type: 'shutdown' };

export type FromLinux =
  | { readonly type: 'ready' }
  /** Linux serves a process that is awaited. */
  | { readonly type: 'started'; readonly pid: Pid }
  /** Linux has no such process: its working or a preopened directory is missing. */
  | { readonly type: 'refused'; readonly pid: Pid; readonly error: LaunchError }
  /** Linux touches the process's memory no more. */
  | { readonly type: 'released'; readonly pid: Pid }
  /** For Volumes: a memory that requests will name. */
  | { readonly type: 'volume-memory'; readonly message: MemoryMessage }
  | { readonly type: 'answer'; readonly id: number; readonly value?: unknown; readonly error?: HostRequestError }
  | { readonly type: 'bug'; readonly message: string };

/** An error of a file operation, in the shape of Node's. */
export interface HostRequestError {
  readonly message: string;
  readonly code: string;
  readonly errno: number;
  readonly syscall: string;
  readonly path: string | undefined;
}
