/**
 * Where a compile daemon listens: a Unix socket in a directory that nobody but its user may enter. The socket's name holds all that must be the
 * same for a client to be served by it: fusedos, compiler, Node, sysroot, umask.
 */
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { STAMP } from '../linux-sysroot.ts';
import { locate } from '../packages.ts';

/** What a daemon is started with; it can be a command-line argument. */
export interface DaemonPlace {
  readonly socket: string;
  /** Held by the client that starts the daemon. */
  readonly lock: string;
  /** The daemon's program. */
  readonly program: string;
  readonly wasiSources: string;
  readonly sysroot: string;
}

export interface DaemonFiles {
  readonly program: URL;
  readonly wasiSources: URL;
  readonly sysroot: URL;
}

const SUFFIX = '.sock';
/** What a socket's address has room for, on the narrowest system. */
const LONGEST = 100;

/**
 * The daemon that could serve this process; undefined where there can be none: it is switched off, the platform has no private sockets, nobody
 * has built it, or no directory is the user's own.
 */
export function findPlace(files: DaemonFiles): DaemonPlace | undefined {
  if (isOff() || process.platform === 'win32') return undefined;
  const program = fileURLToPath(files.program);
  const sysroot = fileURLToPath(files.sysroot);
  const clang = locate('@yowasp/clang');
  const directory = privateDirectory();
  const built = changeOf(program);
  if (built === '' || clang === undefined || directory === undefined) return undefined;
  const identity = [
    program,
    built,
    process.version,
    clang.directory,
    clang.version,
    changeOf(path.join(sysroot, STAMP)),
    process.umask(),
  ];
  const name = createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 16);
  const base = path.join(directory, `cc-${name}`);
  if (base.length + SUFFIX.length > LONGEST) return undefined;
  return {
    socket: base + SUFFIX,
    lock: `${base}.lock`,
    program,
    wasiSources: fileURLToPath(files.wasiSources),
    sysroot,
  };
}

/** All sockets of the user's daemons, also those of other versions. */
export function listSockets(): string[] {
  const directory = privateDirectory();
  if (directory === undefined) return [];
  return fs
    .readdirSync(directory)
    .filter((name) => name.endsWith(SUFFIX))
    .map((name) => path.join(directory, name));
}

export function isOff(): boolean {
  return /^(off|0|no|false)$/i.test(process.env['FUSEDOS_DAEMON'] ?? '');
}

/** What a file is, as far as its inode tells; '' when there is none. */
function changeOf(file: string): string {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  return stat === undefined ? '' : `${stat.ino} ${stat.size} ${stat.mtimeMs}`;
}

/** The directory of the user's sockets, made if need be; undefined when there is none that is the user's alone. */
function privateDirectory(): string | undefined {
  const { XDG_RUNTIME_DIR: runtime, XDG_CACHE_HOME: cache } = process.env;
  const candidates = [
    ...(runtime?.startsWith('/') ? [path.join(runtime, 'fusedos')] : []),
    path.join(cache?.startsWith('/') ? cache : path.join(os.homedir(), '.cache'), 'fusedos', 'run'),
    path.join(os.tmpdir(), `fusedos-${process.getuid?.() ?? 'user'}`),
  ];
  return candidates.find((directory) => {
    try {
      fs.mkdirSync(directory, { recursive: true, mode: 0o700 });
      const stat = fs.lstatSync(directory);
      return stat.isDirectory() && stat.uid === process.getuid?.() && (stat.mode & 0o077) === 0;
    } catch {
      return false;
    }
  });
}
