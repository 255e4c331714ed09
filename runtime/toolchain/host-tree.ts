/**
 * The host's own files, for compiler runs that may see them: the disk itself. Node only; called by `files.ts`.
 */
import * as fs from 'node:fs';
import type { FileStat, HostTree, OpenFile, OpenFlags } from './files.ts';

export const hostTree: HostTree = {
  open,
  stat: (path, followLinks) => hostStat((followLinks ? fs.statSync : fs.lstatSync)(path, { bigint: true })),
  list: (path) =>
    fs.readdirSync(path, { withFileTypes: true }).map((entry) => ({
      name: entry.name,
      inode: 0n,
      kind: entry.isFile() ? 'file' : entry.isDirectory() ? 'directory' : entry.isSymbolicLink() ? 'link' : 'other',
    })),
  makeDirectory: (path) => void fs.mkdirSync(path),
  remove: (path, kind) => (kind === 'file' ? fs.unlinkSync(path) : fs.rmdirSync(path)),
  rename: (from, to) => fs.renameSync(from, to),
  readLink: (path) => fs.readlinkSync(path),
};

function open(path: string, flags: OpenFlags): OpenFile {
  const { O_RDONLY, O_WRONLY, O_RDWR, O_APPEND, O_CREAT, O_EXCL, O_TRUNC, O_DIRECTORY } = fs.constants;
  let mode = flags.write ? (flags.read ? O_RDWR : O_WRONLY) : O_RDONLY;
  if (flags.append) mode |= O_APPEND;
  if (flags.create) mode |= O_CREAT;
  if (flags.exclusive) mode |= O_EXCL;
  if (flags.truncate) mode |= O_TRUNC;
  if (flags.directory) mode |= O_DIRECTORY;
  return new OpenHostFile(path, fs.openSync(path, mode));
}

class OpenHostFile implements OpenFile {
  readonly path: string;
  readonly #fd: number;

  constructor(path: string, fd: number) {
    this.path = path;
    this.#fd = fd;
  }

  read(target: Uint8Array, position: number): number {
    return fs.readSync(this.#fd, target, 0, target.length, this.#isSeekable() ? position : null);
  }

  write(source: Uint8Array, position: number): number {
    return fs.writeSync(this.#fd, source, 0, source.length, this.#isSeekable() ? position : null);
  }

  stat(): FileStat {
    return hostStat(fs.fstatSync(this.#fd, { bigint: true }));
  }

  resize(size: number): void {
    fs.ftruncateSync(this.#fd, size);
  }

  close(): void {
    fs.closeSync(this.#fd);
  }

  /** `-o /dev/null` and `/dev/stdin` are common; positions mean nothing there. */
  #isSeekable(): boolean {
    this.#seekable ??= this.stat().kind === 'file';
    return this.#seekable;
  }

  #seekable: boolean | undefined;
}

function hostStat(stat: fs.BigIntStats): FileStat {
  return {
    device: stat.dev,
    inode: stat.ino,
    kind: stat.isFile()
      ? 'file'
      : stat.isDirectory()
        ? 'directory'
        : stat.isSymbolicLink()
          ? 'link'
          : stat.isCharacterDevice()
            ? 'character'
            : 'other',
    linkCount: stat.nlink,
    size: stat.size,
    accessNs: stat.atimeNs,
    modifyNs: stat.mtimeNs,
    changeNs: stat.ctimeNs,
  };
}
