// Starts libraries in the booting thread, on a machine without shared memory: its Linux is in this thread too, so a library's
// calls are functions on the machine's own files. Loaded when first needed. See: here-machine, the other kind.

import { type Linux, LinuxError } from '../../../personalities/linux/index.ts';
import type { Pid } from '../../abi/types.ts';
import { createLocalControl, slotCounters } from '../../channel/layout.ts';
import { bindImports } from '../../core/bind.ts';
import { readLastWords } from '../../core/last-words.ts';
import { Monitor } from '../../core/monitor.ts';
import { GuestMemory, unsharedSource } from '../../memory/guest-memory.ts';
import { createLocalByteStream, RingWriter } from '../../shm/byte-stream.ts';
import { sink } from '../cores/unshared.ts';
import { joinLinux, loneSleeper, type PrivateLinux, publicError } from '../linux/private.ts';
import { type Launch, processMessage } from '../process/launch.ts';
import { functionsOf } from '../resident/library.ts';
import { bindHereHost, loadHereHost } from './host-imports.ts';
import { instantiateHere } from './instantiate.ts';
import { HereLibrary } from './library.ts';
import { HereProcess } from './process.ts';

export interface HereDegradedParts {
  readonly linux: Linux;
  readonly nextPid: () => Pid;
  readonly register: (pid: Pid, process: HereProcess | undefined) => void;
  readonly onBug: (report: string) => void;
}

const LONE_SLOT = 0;

/** Errors: ENOENT, ENOTDIR: no such working directory. ENOEXEC. ProgramEndedError: it ended while it was initialized. */
export async function startHere(launch: Launch, parts: HereDegradedParts): Promise<HereLibrary> {
  const { program, options } = launch;
  const host = await loadHereHost(launch);
  const pid = parts.nextPid();
  const control = createLocalControl(1);
  const monitor = new Monitor(control, LONE_SLOT);
  const [stdout, stderr] = [createLocalByteStream(), createLocalByteStream()];
  let linux: PrivateLinux | undefined;
  const process = new HereProcess({
    pid,
    control,
    slot: LONE_SLOT,
    monitor,
    stdout,
    stderr,
    ring: () => {},
    peakMemory: () => own?.buffer.byteLength ?? 0,
    onEnd: (waitStatus) => {
      linux?.end(waitStatus);
      parts.register(pid, undefined);
    },
    onFree: () => {},
    onBug: parts.onBug,
  });
  const limits = program.memory && { initial: program.memory.initialPages, maximum: program.memory.maximumPages };
  const own = limits && new WebAssembly.Memory(limits);
  const memory = new GuestMemory(unsharedSource(() => own));
  const write = (stream: SharedArrayBuffer): ReturnType<typeof sink> => {
    const writer = new RingWriter(stream);
    return sink((bytes) => {
      for (let rest = bytes; rest.length > 0; process.attend()) rest = rest.subarray(writer.write(rest));
    });
  };
  const { args, env, cwd, preopens } = processMessage(pid, launch, [null, stdout, stderr]);
  const spec = { pid, args, env, cwd, preopens, stdio: ['null', write(stdout), write(stderr)] as const };
  try {
    linux = joinLinux(parts.linux, { memory, control, slot: LONE_SLOT, monitor, sleeper: loneSleeper() }, spec);
  } catch (error) {
    throw error instanceof LinuxError ? publicError(error) : error;
  }
  parts.register(pid, process);
  const imports = bindImports(program.module, own, {
    placement: 'library',
    routes: {},
    unknownImports: options.unknownImports ?? 'trap',
    stubs: program.unknownImports,
    host: bindHereHost(host, memory, monitor),
    client: undefined,
    cnk: { context: undefined, handlerFor: () => undefined },
    library: linux,
    counters: slotCounters(control, LONE_SLOT),
    noteLastWords: (row, args) => monitor.noteLastWords(readLastWords(memory, row, args)),
    missing: monitor.missing,
    contain: monitor.contain,
  });
  try {
    const exports = await instantiateHere(program.module, imports, process);
    const held = own && {
      get bytes() {
        return new Uint8Array(own.buffer);
      },
    };
    return new HereLibrary({ process, exports, functions: functionsOf(program), memory: held });
  } catch (error) {
    process.kill('SIGKILL');
    throw error;
  }
}
