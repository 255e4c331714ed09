// The files of a host directory as inodes. An inode knows where its file was
// last seen; a request by name says which file it means, so that another one under that name is ESTALE, never mistaken.
// The host decides what is allowed (its errors are the call's); ownership is the host's, unchanged. Linux's thread alone.

import { Errno } from '../../../runtime/abi/errno.ts';
import type { HostAttributes } from '../../../runtime/host/host-attributes.ts';
import {
  HOST_DSYNC,
  HOST_READ,
  HOST_SYNC,
  HOST_WRITE,
  type HostReply,
  type HostRequest,
  type HostTarget,
  OTHER_LIMIT,
} from '../../../runtime/host/host-directory-protocol.ts';
import { takeFound } from '../../../runtime/host/walk-ahead.ts';
import type { Caller } from './caller.ts';
import type { FileDescription } from './description.ts';
import { HostDirectoryDescription, HostFileDescription } from './hostfs-description.ts';
import { type HostRequests, type KeyedAnswer, OpenedFile } from './hostfs-requests.ts';
import { type FileSystem, Inode, type TimesChange } from './inode.ts';
import { O_ACCMODE, O_DSYNC, O_RDONLY, O_SYNC, O_WRONLY, S_IFMT } from './mode.ts';
import { decodeName, encodeName } from './names.ts';

const NO_NAME = new Uint8Array(0);
/** The inodes of one mount, one object a file: see hostfs-inodes. */
export interface HostInodeTable {
  readonly fileSystem: FileSystem;
  readonly requests: HostRequests;
  /**
   * The inode of a file that was seen under a name.
   *
   * @param node the number of its directory node, 0 when it is no directory
   */
  seen(directory: HostInode, name: string, attributes: HostAttributes, node: number): HostInode;
  /** The last name of a file is gone, as far as known. */
  gone(inode: HostInode): void;
  /** The last hold of an inode that is not in the table is gone. */
  unused(inode: HostInode): void;
}

/** All of a TimesChange. */
type SetTimes = { readonly [time in keyof TimesChange]: NonNullable<TimesChange[time]> };

/** Node sets whole microseconds. */
const ROUGHNESS_NS = 1000;

export class HostInode extends Inode {
  readonly fileSystem: FileSystem;
  readonly inodes: HostInodeTable;
  readonly key: string;
  readonly hostIno: bigint;
  /** A directory's node; 0: the top's, or none. */
  node = 0;
  /** How often the node's number was given to us. */
  given = 0;
  isForgottenWhenUnused = false;
  /** Where it was last seen; undefined: the top. */
  directory: HostInode | undefined;
  name = '';
  /** Open on the host: what was unlinked can still be asked through them. */
  readonly files = new Set<number>();
  /** What a guest has set last. */
  #timesSet: SetTimes | undefined;

  constructor(inodes: HostInodeTable, attributes: HostAttributes) {
    super(Number(BigInt.asUintN(53, attributes.ino)), attributes.mode, attributes.uid, attributes.gid);
    this.fileSystem = inodes.fileSystem;
    this.inodes = inodes;
    this.key = keyOf(attributes);
    this.hostIno = attributes.ino;
    this.take(attributes);
  }

  take(attributes: HostAttributes): void {
    this.mode = attributes.mode;
    this.uid = attributes.uid;
    this.gid = attributes.gid;
    this.nlink = attributes.nlink;
    this.size = attributes.size;
    this.storage = attributes.storage;
    this.rdev = attributes.rdev;
    this.atimeSec = attributes.atimeSec;
    this.atimeNsec = attributes.atimeNsec;
    this.mtimeSec = attributes.mtimeSec;
    this.mtimeNsec = attributes.mtimeNsec;
    this.ctimeSec = attributes.ctimeSec;
    this.ctimeNsec = attributes.ctimeNsec;
    if (this.#timesSet !== undefined) this.#tellTimesSet(this.#timesSet);
  }

  /** Times that the host's thread could only set roughly are told as they were set, while the host still has those. */
  #tellTimesSet({ atime, mtime }: SetTimes): void {
    if (isAbout(atime, this.atimeSec, this.atimeNsec)) ({ sec: this.atimeSec, nsec: this.atimeNsec } = atime);
    if (isAbout(mtime, this.mtimeSec, this.mtimeNsec)) ({ sec: this.mtimeSec, nsec: this.mtimeNsec } = mtime);
  }

  protected override unused(): void {
    if (this.isForgottenWhenUnused) this.inodes.unused(this);
  }

  override refresh(caller: Caller): number {
    const key = `attributes ${this.key}`;
    return this.#ask(caller, key, { op: 'attributes', mount: this.#mount, ...this.#target() }, (reply) => {
      if (reply.attributes !== undefined) this.take(reply.attributes);
      return reply.result;
    });
  }

  override open(caller: Caller, flags: number): FileDescription | number {
    const { requests } = this.inodes;
    if (this.isDirectory) return new HostDirectoryDescription(this, flags, requests, this.node);
    if (!this.isRegular || this.directory === undefined) return -Errno.ENXIO;
    const isSynced = (flags & (O_SYNC | O_DSYNC)) !== 0;
    const created = isSynced ? undefined : requests.createdBy(caller, this);
    if (created !== undefined) return this.#describe(created, flags);
    const request: HostRequest = {
      op: 'open',
      ino: this.hostIno,
      access: accessOf(flags),
      ...this.#place(this.directory),
    };
    const answer = requests.ask(caller, `open ${this.key} ${flags}`, request, (reply, generation) =>
      reply.result < 0 ? reply.result : requests.opened(new OpenedFile(reply.result, this, caller, generation, false)),
    );
    return typeof answer === 'number' ? answer : this.#describe(answer, flags);
  }

  override setMode(caller: Caller, mode: number): number {
    const request: HostRequest = { op: 'setMode', mount: this.#mount, mode, ...this.#target() };
    return this.#ask(caller, `setMode ${this.key} ${mode}`, request, ({ result }) => {
      if (result === 0) this.mode = (this.mode & S_IFMT) | (mode & 0o1777);
      return result;
    });
  }

  override setTimes(caller: Caller, change: TimesChange): number {
    const atime = secondsOf(change.atime);
    const mtime = secondsOf(change.mtime);
    const request: HostRequest = { op: 'setTimes', mount: this.#mount, atime, mtime, ...this.#target() };
    return this.#ask(caller, `setTimes ${this.key}`, request, ({ result }) => {
      // What was to be left is set to what it was, as roughly.
      const left = {
        atime: { sec: this.atimeSec, nsec: this.atimeNsec },
        mtime: { sec: this.mtimeSec, nsec: this.mtimeNsec },
      };
      if (result === 0) this.#timesSet = { atime: change.atime ?? left.atime, mtime: change.mtime ?? left.mtime };
      return result;
    });
  }

  override truncate(caller: Caller, size: number): number {
    const request: HostRequest = { op: 'truncate', mount: this.#mount, position: size, ...this.#target() };
    return this.#ask(caller, `truncate ${this.key} ${size}`, request, ({ result }) => {
      if (result === 0) this.size = size;
      return result;
    });
  }

  override readlink(caller: Caller): string | number {
    if (this.directory === undefined) return -Errno.EINVAL;
    const request: HostRequest = { op: 'readlink', ...this.#place(this.directory) };
    return this.inodes.requests.ask(caller, `readlink ${this.key}`, request, (reply) =>
      reply.bytes === undefined ? reply.result : decodeName(new Uint8Array(reply.bytes)),
    );
  }

  override parent(_caller: Caller): Inode {
    return this.directory ?? this;
  }

  /**
   * @param path that is being walked, if the walk tells: names from `rest` on will be looked up below this one. They are
   *   asked for in the same request, and answered from its reply; nothing is remembered beyond the call
   */
  override lookup(caller: Caller, name: string, path = '', rest = 0): Inode | number {
    const key = lookupKey(this, name);
    const { requests } = this.inodes;
    const ahead = rest < path.length ? namesAhead(path, rest) : '';
    if (ahead === '') {
      const request: HostRequest = { op: 'lookup', ...this.#entry(name) };
      return requests.ask(caller, key, request, (reply) => this.#found(name, reply));
    }
    const other = encodeName(`${name}/${ahead}`);
    if (other.length > OTHER_LIMIT) return this.lookup(caller, name);
    const request: HostRequest = { op: 'walk', mount: this.#mount, directory: this.node, other };
    return requests.askAhead(caller, key, request, (reply) => this.#foundAhead(`${name}/${ahead}`, reply));
  }

  override create(caller: Caller, name: string, mode: number): Inode | number {
    const { requests } = this.inodes;
    const request: HostRequest = { op: 'create', mode, access: HOST_READ | HOST_WRITE, ...this.#entry(name) };
    return requests.ask(caller, `create ${this.key} ${name}`, request, (reply, generation) => {
      if (reply.attributes === undefined) return reply.result;
      const inode = this.inodes.seen(this, name, reply.attributes, 0);
      requests.opened(new OpenedFile(reply.result, inode, caller, generation, true));
      return inode;
    });
  }

  override mkdir(caller: Caller, name: string, mode: number): Inode | number {
    const request: HostRequest = { op: 'mkdir', mode, ...this.#entry(name) };
    return this.inodes.requests.ask(caller, `mkdir ${this.key} ${name}`, request, (reply) => this.#found(name, reply));
  }

  override symlink(caller: Caller, name: string, target: string): Inode | number {
    const request: HostRequest = { op: 'symlink', other: encodeName(target), ...this.#entry(name) };
    return this.inodes.requests.ask(caller, `symlink ${this.key} ${name}`, request, (reply) =>
      this.#found(name, reply),
    );
  }

  override link(caller: Caller, name: string, inode: Inode): number {
    if (!(inode instanceof HostInode) || inode.directory === undefined) return -Errno.EXDEV;
    const request: HostRequest = {
      op: 'link',
      toDirectory: this.node,
      other: encodeName(name),
      ...inode.#place(inode.directory),
    };
    return this.#ask(caller, `link ${this.key} ${name}`, request, ({ result }) => {
      if (result === 0) inode.nlink++;
      return result;
    });
  }

  override unlink(caller: Caller, name: string, inode: Inode): number {
    const request: HostRequest = { op: 'unlink', ...this.#entry(name) };
    return this.#ask(caller, `unlink ${this.key} ${name}`, request, ({ result }) => this.#removed(result, inode));
  }

  override rmdir(caller: Caller, name: string, inode: Inode): number {
    const request: HostRequest = { op: 'rmdir', ...this.#entry(name) };
    return this.#ask(caller, `rmdir ${this.key} ${name}`, request, ({ result }) => {
      if (result === 0) inode.nlink = 1;
      return this.#removed(result, inode);
    });
  }

  override rename(
    caller: Caller,
    name: string,
    inode: Inode,
    newDirectory: Inode,
    newName: string,
    replaced: Inode | undefined,
  ): number {
    if (!(newDirectory instanceof HostInode) || !(inode instanceof HostInode)) return -Errno.EXDEV;
    const request: HostRequest = {
      op: 'rename',
      toDirectory: newDirectory.node,
      other: encodeName(newName),
      ...this.#entry(name),
    };
    const key = `rename ${this.key} ${name} ${newDirectory.key} ${newName}`;
    return this.#ask(caller, key, request, ({ result }) => {
      if (result !== 0) return result;
      inode.directory = newDirectory;
      inode.name = newName;
      if (replaced?.isDirectory === true) replaced.nlink = 1;
      return replaced === undefined ? 0 : this.#removed(0, replaced);
    });
  }

  get #mount(): number {
    return this.inodes.requests.mount;
  }

  #ask(caller: Caller, key: string, request: HostRequest, take: (reply: HostReply) => number): number {
    return this.inodes.requests.ask(caller, key, request, take);
  }

  #found(name: string, { result, attributes }: HostReply): HostInode | number {
    return attributes === undefined ? result : this.inodes.seen(this, name, attributes, result);
  }

  /** The answers of a walk, by the keys under which the lookups will ask for them. */
  #foundAhead(names: string, { result, bytes }: HostReply): KeyedAnswer[] {
    const answers: KeyedAnswer[] = [];
    let directory: HostInode = this;
    const found = bytes === undefined ? [{ result, attributes: undefined }] : takeFound(bytes);
    const components = names.split('/');
    let index = 0;
    for (const reply of found) {
      const name = components[index++] as string;
      const key = lookupKey(directory, name);
      const answer: HostInode | number = directory.#found(name, { ...reply, bytes: undefined });
      answers.push({ key, answer });
      if (typeof answer === 'number') break;
      directory = answer;
    }
    return answers;
  }

  #removed(result: number, inode: Inode): number {
    if (result === 0 && --inode.nlink <= 0 && inode instanceof HostInode) this.inodes.gone(inode);
    return result;
  }

  #describe(opened: OpenedFile, flags: number): FileDescription {
    opened.description ??= new HostFileDescription(this, flags, this.inodes.requests, opened.file);
    return opened.description;
  }

  #entry(name: string): { mount: number; directory: number; name: Uint8Array } {
    return { mount: this.#mount, directory: this.node, name: encodeName(name) };
  }

  #place(directory: HostInode): { mount: number; directory: number; name: Uint8Array } {
    return directory.#entry(this.name);
  }

  #target(): HostTarget {
    for (const file of this.files) return { file, directory: 0, name: NO_NAME, ino: this.hostIno };
    const { directory } = this;
    if (this.isDirectory || directory === undefined) {
      return { file: -1, directory: this.node, name: NO_NAME, ino: this.hostIno };
    }
    return { file: -1, directory: directory.node, name: encodeName(this.name), ino: this.hostIno };
  }
}

function lookupKey(directory: HostInode, name: string): string {
  return `lookup ${directory.key} ${name}`;
}

/** The names of a path from an index on that lie one below the other: up to a `.`, a `..` or the end. */
function namesAhead(path: string, rest: number): string {
  let end = rest;
  while (end < path.length) {
    const slash = path.indexOf('/', end);
    const stop = slash < 0 ? path.length : slash;
    const name = path.slice(end, stop);
    if (name === '' || name === '.' || name === '..') return path.slice(rest, Math.max(end - 1, rest));
    end = stop + 1;
  }
  return path.slice(rest);
}

/** What no other file of the mount has. */
export function keyOf(attributes: HostAttributes): string {
  return `${attributes.dev}:${attributes.ino}`;
}

function accessOf(flags: number): number {
  const mode = flags & O_ACCMODE;
  const access = (mode === O_WRONLY ? 0 : HOST_READ) | (mode === O_RDONLY ? 0 : HOST_WRITE);
  if ((flags & O_SYNC) === O_SYNC) return access | HOST_SYNC;
  return (flags & O_DSYNC) !== 0 ? access | HOST_DSYNC : access;
}

function isAbout(time: SetTimes['atime'], sec: number, nsec: number): boolean {
  return Math.abs((time.sec - sec) * 1e9 + time.nsec - nsec) < ROUGHNESS_NS;
}

function secondsOf(time: TimesChange['atime']): number {
  return time === undefined ? Number.NaN : time.sec + time.nsec / 1e9;
}
