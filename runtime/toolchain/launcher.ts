/**
 * Programs that start by themselves: a line `#!…`, then the module. The tool chain writes them where it is asked to (`fusedos env`), for build
 * systems that run what they have built; LLVM's tools are shown such a file without its line. Node only; called by `engine.ts`.
 */
import * as fs from 'node:fs';
import type { FileStat, HostTree, OpenFile } from './files.ts';

/** The longest line that a kernel reads. */
const LONGEST = 256;
const NEWLINE = 10;
const MAGIC = [0, 0x61, 0x73, 0x6d];

/** The length of the line that a file begins with; 0 when it is no such program. */
export function launcherLength(bytes: Uint8Array): number {
  if (bytes[0] !== 0x23 || bytes[1] !== 0x21) return 0;
  const length = bytes.indexOf(NEWLINE) + 1;
  return length > 0 && MAGIC.every((byte, index) => bytes[length + index] === byte) ? length : 0;
}

/** The line of a file; nothing when it has none. */
export function readLauncher(file: string): Uint8Array {
  const start = new Uint8Array(LONGEST + MAGIC.length);
  try {
    const fd = fs.openSync(file, 'r');
    try {
      const length = fs.readSync(fd, start, 0, start.length, 0);
      return start.slice(0, launcherLength(start.subarray(0, length)));
    } finally {
      fs.closeSync(fd);
    }
  } catch {
    return new Uint8Array();
  }
}

/** Puts a line before a module, unless it has one. */
export function addLauncher(file: string, line: Uint8Array): void {
  const bytes = fs.readFileSync(file);
  if (MAGIC.every((byte, index) => bytes[index] === byte)) fs.writeFileSync(file, Buffer.concat([line, bytes]));
}

/**
 * The host's files with each such program shown as its module.
 *
 * What strip and objcopy open to set its permissions, when all is written, is no regular file to them: then they leave it, where
 * they would fail, since WASI has no permissions. `keepPrograms` sets them.
 */
export function withoutLaunchers(tree: HostTree): HostTree {
  return {
    ...tree,
    open: (path, flags) => {
      const file = tree.open(path, flags);
      if (flags.write) return flags.create || flags.truncate ? file : new FinishedFile(file);
      const { length } = readLauncher(path);
      return length === 0 ? file : new FileBehindLine(file, length);
    },
    stat: (path, followLinks) => {
      const stat = tree.stat(path, followLinks);
      return stat.kind === 'file' ? shorten(stat, readLauncher(path).length) : stat;
    },
  };
}

/**
 * Notes permissions and lines of the programs that a tool is given.
 *
 * @param files those of its arguments that may be files
 * @returns what gives both to what the tool has made of them
 */
export function keepPrograms(files: readonly string[]): () => void {
  const before = files.map((file) => ({ file, mode: modeOf(file), line: readLauncher(file) }));
  const first = before.find(({ mode }) => mode !== undefined);
  return () => {
    for (const { file, mode, line } of before) {
      const now = modeOf(file);
      if (now === undefined || first?.mode === undefined) continue;
      if (mode === undefined) {
        // A new file, made of the first one: as it, but for what the umask forbids.
        if (isModule(file)) fs.chmodSync(file, first.mode & 0o777 & ~process.umask());
        continue;
      }
      if (line.length > 0 && readLauncher(file).length === 0) addLauncher(file, line);
      if (now !== mode) fs.chmodSync(file, mode);
    }
  };
}

function modeOf(file: string): number | undefined {
  const stat = fs.statSync(file, { throwIfNoEntry: false });
  return stat?.isFile() ? stat.mode & 0o7777 : undefined;
}

function isModule(file: string): boolean {
  const start = new Uint8Array(MAGIC.length);
  const fd = fs.openSync(file, 'r');
  try {
    fs.readSync(fd, start, 0, start.length, 0);
  } finally {
    fs.closeSync(fd);
  }
  return MAGIC.every((byte, index) => start[index] === byte);
}

class FinishedFile implements OpenFile {
  readonly path: string;
  readonly #file: OpenFile;

  constructor(file: OpenFile) {
    this.path = file.path;
    this.#file = file;
  }

  read(target: Uint8Array, position: number): number {
    return this.#file.read(target, position);
  }

  write(source: Uint8Array, position: number): number {
    return this.#file.write(source, position);
  }

  stat(): FileStat {
    return { ...this.#file.stat(), kind: 'other' };
  }

  resize(size: number): void {
    this.#file.resize(size);
  }

  close(): void {
    this.#file.close();
  }
}

class FileBehindLine implements OpenFile {
  readonly path: string;
  readonly #file: OpenFile;
  readonly #length: number;

  constructor(file: OpenFile, length: number) {
    this.path = file.path;
    this.#file = file;
    this.#length = length;
  }

  read(target: Uint8Array, position: number): number {
    return this.#file.read(target, position + this.#length);
  }

  write(source: Uint8Array, position: number): number {
    return this.#file.write(source, position + this.#length);
  }

  stat(): FileStat {
    return shorten(this.#file.stat(), this.#length);
  }

  resize(size: number): void {
    this.#file.resize(size + this.#length);
  }

  close(): void {
    this.#file.close();
  }
}

function shorten(stat: FileStat, length: number): FileStat {
  return { ...stat, size: stat.size - BigInt(length) };
}
