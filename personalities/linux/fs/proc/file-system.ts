// /proc: what the kernel knows, as files, in the formats of Linux, so that programs written for those read them. The top
// with a directory for each process, and the machine's own files. Belongs to one Linux; one in a guest's worker (`library`)
// shows that Linux's one process.
// See: proc(5); process.ts, for what each process has.

import { Errno } from '../../../../runtime/abi/errno.ts';
import { OS_RELEASE, OS_TYPE, OS_VERSION } from '../../../../runtime/abi/linux/system.ts';
import type { Process } from '../../kernel/process.ts';
import type { Caller } from '../../vfs/caller.ts';
import type { DirectorySink } from '../../vfs/inode.ts';
import { type FileSystemStatus, type Inode, nextDevice } from '../../vfs/inode.ts';
import { S_IFDIR, S_IFLNK, S_IFREG } from '../../vfs/mode.ts';
import {
  mayOnlyRead,
  type Place,
  type ProcEntry,
  ProcFile,
  type ProcSource,
  type ProcStore,
  ProcSymlink,
  ProcTable,
} from './inodes.ts';
import * as machine from './machine-text.ts';
import { fileSystemsText } from './mounts-text.ts';
import { firstInoOf, ProcessDirectory } from './process.ts';

/** Inode numbers below those of process 1. */
const TOP_INO = 1;
const TOP_ENTRIES = 2;
const SYS_ENTRIES = 64;
const KERNEL_ENTRIES = 80;
const VM_ENTRIES = 96;
/** Cookies of processes begin here, as on Linux: a process keeps its place whoever comes and goes. */
const FIRST_PROCESS = 256;

type Kernel = Omit<ProcSource, 'begun' | 'lastPid'>;

export class ProcFileSystem implements ProcStore {
  readonly type = 'proc';
  readonly device: number = nextDevice();
  readonly source: ProcSource;
  readonly root: ProcRoot;
  #begun = 0;
  #lastPid = 0;

  constructor(kernel: Kernel) {
    const begun = (): number => this.#begun;
    const lastPid = (): number => this.#lastPid;
    this.source = {
      ...kernel,
      get begun() {
        return begun();
      },
      get lastPid() {
        return lastPid();
      },
    };
    const place = { fileSystem: this, above: undefined, ino: TOP_INO, mode: S_IFDIR | 0o555, uid: 0, gid: 0 };
    this.root = new ProcRoot(place, this.source, TOP, TOP_ENTRIES);
  }

  status(): FileSystemStatus {
    return { blockSize: 4096, blocks: 0, blocksFree: 0, files: 0, filesFree: 0 };
  }

  /** @param count how many there are now */
  processBegan({ pid }: Process, count: number): void {
    this.#begun++;
    this.#lastPid = Math.max(this.#lastPid, pid);
    this.root.countProcesses(count);
  }

  processEnded(count: number): void {
    this.root.countProcesses(count);
  }
}

class ProcRoot extends ProcTable<ProcSource> {
  readonly #directories = new WeakMap<Process, ProcessDirectory>();
  readonly #ownLinks = this.nlink;

  /** A directory for each: programs that search trees count on it. */
  countProcesses(count: number): void {
    this.nlink = this.#ownLinks + count;
  }

  override lookup(caller: Caller, name: string): Inode | number {
    if (!/^[1-9]\d{0,9}$/.test(name)) return super.lookup(caller, name);
    const process = this.subject.process(Number(name));
    return process === undefined ? -Errno.ENOENT : this.#directoryOf(process);
  }

  override list(caller: Caller, cookie: number, sink: DirectorySink): number {
    let isFull = false;
    const watched: DirectorySink = {
      entry: (...entry) => {
        isFull ||= !sink.entry(...entry);
        return !isFull;
      },
    };
    if (cookie < FIRST_PROCESS) super.list(caller, cookie, watched);
    if (isFull) return 0;
    const from = cookie - FIRST_PROCESS;
    const processes = [...this.subject.processes()].filter(({ pid }) => pid >= from);
    for (const { pid } of processes.sort((a, b) => a.pid - b.pid)) {
      if (!sink.entry(`${pid}`, firstInoOf(pid), S_IFDIR | 0o555, FIRST_PROCESS + pid + 1)) return 0;
    }
    return 0;
  }

  #directoryOf(process: Process): ProcessDirectory {
    let directory = this.#directories.get(process);
    if (directory === undefined) {
      directory = new ProcessDirectory(this.fileSystem, this, process);
      this.#directories.set(process, directory);
    }
    return directory;
  }
}

function file(name: string, text: (source: ProcSource) => string): ProcEntry<ProcSource> {
  return {
    name,
    mode: S_IFREG | 0o444,
    make: (source, place) => new ProcFile(place, { make: () => text(source), refusal: -Errno.EIO, hasEnd: false }),
  };
}

function sysctl(name: string, text: (source: ProcSource) => string): ProcEntry<ProcSource> {
  return {
    name,
    mode: S_IFREG | 0o444,
    make: (source, place) =>
      new ProcFile(place, {
        make: () => `${text(source)}\n`,
        mayOpen: mayOnlyRead,
        refusal: -Errno.EACCES,
        hasEnd: true,
      }),
  };
}

function link(name: string, target: (pid: number, tid: number) => string): ProcEntry<ProcSource> {
  return {
    name,
    mode: S_IFLNK | 0o777,
    make: (source, place) =>
      new ProcSymlink(place, (caller) => {
        const process = source.processOf(caller);
        return process === undefined ? -Errno.ENOENT : target(process.pid, source.tidOf(caller));
      }),
  };
}

function directory(name: string, entries: readonly ProcEntry<ProcSource>[], firstIno: number): ProcEntry<ProcSource> {
  return {
    name,
    mode: S_IFDIR | 0o555,
    make: (source, place: Place) => new ProcTable(place, source, entries, firstIno),
  };
}

const KERNEL: readonly ProcEntry<ProcSource>[] = [
  sysctl('hostname', ({ hostname }) => hostname),
  sysctl('osrelease', () => OS_RELEASE),
  sysctl('ostype', () => OS_TYPE),
  sysctl('pid_max', () => `${machine.PID_MAX}`),
  sysctl('version', () => OS_VERSION),
];

// 1: memory is handed out when it is touched; what guests may grow to is reserved apart from that, by the machine.
const VM: readonly ProcEntry<ProcSource>[] = [sysctl('overcommit_memory', () => '1')];

const TOP: readonly ProcEntry<ProcSource>[] = [
  link('self', (pid) => `${pid}`),
  link('thread-self', (pid, tid) => `${pid}/task/${tid}`),
  link('mounts', () => 'self/mounts'),
  file('cmdline', () => '\n'),
  file('cpuinfo', machine.cpuinfoText),
  file('filesystems', fileSystemsText),
  file('loadavg', machine.loadavgText),
  file('meminfo', machine.meminfoText),
  file('stat', machine.statText),
  file('swaps', () => 'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n'),
  file('uptime', machine.uptimeText),
  file('version', machine.versionText),
  directory('sys', [directory('kernel', KERNEL, KERNEL_ENTRIES), directory('vm', VM, VM_ENTRIES)], SYS_ENTRIES),
];
