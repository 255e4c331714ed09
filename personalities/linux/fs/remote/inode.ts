// The inodes of files that are served elsewhere (see file-system.ts). An inode knows where its file was seen last. A request by
// name says which file it means, so another file under that name is ESTALE and is never mistaken for it. The server decides what
// is allowed, and its errors are the call's; owners are shown as the server tells them. Linux's thread alone.

import { Errno } from '../../../../runtime/abi/errno.ts';
import { fileTime } from '../../../../runtime/abi/file-times.ts';
import type { HostAttributes } from '../../../../runtime/files/attributes.ts';
import { type HostPlace, type PlaceStep, TOP } from '../../../../runtime/files/places.ts';
import {
  HOST_DSYNC,
  HOST_READ,
  HOST_SYNC,
  HOST_WRITE,
  type HostReply,
  type HostRequest,
  type HostTarget,
  OTHER_LIMIT,
} from '../../../../runtime/files/protocol.ts';
import { takeFound } from '../../../../runtime/files/walk-ahead.ts';
import type { Caller } from '../../vfs/caller.ts';
import type { FileDescription } from '../../vfs/inode.ts';
import { type FileSystem, Inode, type TimesChange } from '../../vfs/inode.ts';
import { O_ACCMODE, O_DSYNC, O_RDONLY, O_SYNC, O_WRONLY, S_IFMT } from '../../vfs/mode.ts';
import { decodeName, encodeName, nameLength } from '../../vfs/names.ts';
import { HostDirectoryDescription, HostFileDescription } from './description.ts';
import type { AskingCall, HostRequests, KeyedAnswer, OpenedFile } from './requests.ts';

const NO_NAME = new Uint8Array(0);
/** The inodes of one mount, one object a file: see inodes.ts. */
export interface HostInodeTable {
  readonly fileSystem: FileSystem;
  readonly requests: HostRequests;
  /** Of the directory that is mounted, on the host. */
  readonly device: number;
  /** The inode of a file that was seen under a name. */
  seen(directory: HostInode, name: string, attributes: HostAttributes): HostInode;
  /** The last name of a file is gone, as far as known. */
  gone(inode: HostInode): void;
}

/** All of a TimesChange. */
type SetTimes = { readonly [time in keyof TimesChange]: NonNullable<TimesChange[time]> };

/** Node sets whole microseconds. */
const ROUGHNESS_NS = 1000;

export class HostInode extends Inode {
  readonly fileSystem: FileSystem;
  readonly inodes: HostInodeTable;
  readonly key: number | string;
  readonly hostDev: number;
  readonly hostIno: bigint;
  /** Names a directory in requests: a number that no other file of the mount ever has; 0: the top. */
  readonly id: number;
  /** Where it was last seen; undefined: the top. */
  directory: HostInode | undefined;
  name = '';
  /** Of a directory: what was last seen under its names. */
  readonly names = new Map<string, HostInode>();
  /** Open on the host, and whether for writing: what was unlinked can still be asked through them. */
  readonly files = new Map<number, boolean>();
  /** What a guest has set last. */
  #timesSet: SetTimes | undefined;
  /** What was looked up last. */
  #keyedName: string | undefined;
  #key = '';

  constructor(inodes: HostInodeTable, attributes: HostAttributes, id: number) {
    super(Number(BigInt.asUintN(53, attributes.ino)), attributes.mode, attributes.uid, attributes.gid);
    this.fileSystem = inodes.fileSystem;
    this.inodes = inodes;
    this.key = keyOf(attributes, inodes.device);
    this.hostDev = attributes.dev;
    this.hostIno = attributes.ino;
    this.id = id;
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
    const { atimeSec, atimeNsec, mtimeSec, mtimeNsec, ctimeSec, ctimeNsec } = attributes;
    ({ sec: this.atimeSec, nsec: this.atimeNsec } = fileTime(atimeSec, atimeNsec));
    ({ sec: this.mtimeSec, nsec: this.mtimeNsec } = fileTime(mtimeSec, mtimeNsec));
    ({ sec: this.ctimeSec, nsec: this.ctimeNsec } = fileTime(ctimeSec, ctimeNsec));
    if (this.#timesSet !== undefined) this.#tellTimesSet(this.#timesSet);
  }

  /** The host could set times only roughly: as long as it still has those, guests see the exact ones. */
  #tellTimesSet({ atime, mtime }: SetTimes): void {
    if (isAbout(atime, this.atimeSec, this.atimeNsec)) ({ sec: this.atimeSec, nsec: this.atimeNsec } = atime);
    if (isAbout(mtime, this.mtimeSec, this.mtimeNsec)) ({ sec: this.mtimeSec, nsec: this.mtimeNsec } = mtime);
  }

  override refresh(caller: Caller): number {
    const key = `attributes ${this.id}`;
    return this.#ask(
      caller,
      key,
      () => ({ op: 'attributes', mount: this.#mount, ...this.#target() }),
      (reply) => {
        if (reply.attributes !== undefined) this.take(reply.attributes);
        return reply.result;
      },
    );
  }

  override open(caller: Caller, flags: number): FileDescription | number {
    const { requests } = this.inodes;
    if (this.isDirectory) return new HostDirectoryDescription(this, flags, requests);
    if (!this.isRegular || this.directory === undefined) return -Errno.ENXIO;
    const { directory } = this;
    const access = accessOf(flags);
    const isOpen = requests.openedBy(caller, this, access);
    if (isOpen !== undefined) return this.#describe(isOpen, flags);
    if (requests.isFull) return -Errno.ENFILE;
    const request = (): HostRequest => ({
      op: 'open',
      ino: this.hostIno,
      access,
      ...this.#nameIn(directory),
    });
    const answer = requests.ask(caller, `open ${this.id} ${flags}`, request, ({ result }, call) =>
      result < 0 ? result : requests.opened(result, this, call, access),
    );
    return typeof answer === 'number' ? answer : this.#describe(answer, flags);
  }

  override setMode(caller: Caller, mode: number): number {
    const request = (): HostRequest => ({ op: 'setMode', mount: this.#mount, mode, ...this.#target() });
    return this.#ask(caller, `setMode ${this.id} ${mode}`, request, ({ result }) => {
      if (result === 0) this.mode = (this.mode & S_IFMT) | (mode & 0o1777);
      return result;
    });
  }

  /** A host's files are given to nobody; to leave them whose they are is no change. */
  override setOwner(_caller: Caller, uid: number, gid: number): number {
    return uid === this.uid && gid === this.gid ? 0 : -Errno.EPERM;
  }

  override setTimes(caller: Caller, change: TimesChange): number {
    const atime = secondsOf(change.atime);
    const mtime = secondsOf(change.mtime);
    const request = (): HostRequest => ({ op: 'setTimes', mount: this.#mount, atime, mtime, ...this.#target() });
    return this.#ask(caller, `setTimes ${this.id}`, request, ({ result }) => {
      // A time that was to stay was set to what it was, as roughly.
      const left = {
        atime: { sec: this.atimeSec, nsec: this.atimeNsec },
        mtime: { sec: this.mtimeSec, nsec: this.mtimeNsec },
      };
      if (result === 0) this.#timesSet = { atime: change.atime ?? left.atime, mtime: change.mtime ?? left.mtime };
      return result;
    });
  }

  override truncate(caller: Caller, size: number): number {
    const request = (): HostRequest => ({ op: 'truncate', mount: this.#mount, position: size, ...this.#target(true) });
    return this.#ask(caller, `truncate ${this.id} ${size}`, request, ({ result }) => {
      if (result === 0) this.size = size;
      return result;
    });
  }

  override readlink(caller: Caller): string | number {
    const { directory } = this;
    if (directory === undefined) return -Errno.EINVAL;
    const request = (): HostRequest => ({ op: 'readlink', ...this.#nameIn(directory) });
    return this.inodes.requests.ask(caller, `readlink ${this.id}`, request, (reply) =>
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
  override lookup(caller: Caller, name: string, path = '', rest = 0, openFlags = -1): Inode | number {
    const key = this.#lookupKey(name);
    const { requests } = this.inodes;
    const mount = this.#mount;
    const openAccess = openFlags < 0 || requests.isFull ? 0 : accessOf(openFlags);
    if (rest < path.length) {
      const ahead = namesAhead(path, rest);
      const isWhole = rest + ahead.length === path.length;
      const access = isWhole ? openAccess : 0;
      const names = `${name}/${ahead}`;
      if (ahead !== '' && nameLength(names) <= OTHER_LIMIT) {
        const request = (): HostRequest => {
          return {
            op: 'walk',
            mount,
            directory: this.place,
            other: encodeName(names),
            access,
            ino: this.#inoAt(names),
          };
        };
        return requests.askAhead(caller, key, request, (reply, call) => this.#foundAhead(names, access, reply, call));
      }
    }
    const access = rest < path.length ? 0 : openAccess;
    const request = (): HostRequest => ({ op: 'lookup', access, ino: this.#inoAt(name), ...this.#entry(name) });
    return requests.ask(caller, key, request, (reply, call) => {
      const found = this.#found(name, reply);
      this.#openedAhead(found, reply, access, call);
      return found;
    });
  }

  override create(caller: Caller, name: string, mode: number): Inode | number {
    const { requests } = this.inodes;
    if (requests.isFull) return -Errno.ENFILE;
    const access = HOST_READ | HOST_WRITE;
    const request = (): HostRequest => ({ op: 'create', mode, access, ...this.#entry(name) });
    return requests.ask(caller, `create ${this.id} ${name}`, request, (reply, call) => {
      if (reply.attributes === undefined) return reply.result;
      const inode = this.inodes.seen(this, name, reply.attributes);
      requests.opened(reply.result, inode, call, access);
      return inode;
    });
  }

  override mkdir(caller: Caller, name: string, mode: number): Inode | number {
    const request = (): HostRequest => ({ op: 'mkdir', mode, ...this.#entry(name) });
    return this.inodes.requests.ask(caller, `mkdir ${this.id} ${name}`, request, (reply) => this.#found(name, reply));
  }

  override symlink(caller: Caller, name: string, target: string): Inode | number {
    const request = (): HostRequest => ({ op: 'symlink', other: encodeName(target), ...this.#entry(name) });
    return this.inodes.requests.ask(caller, `symlink ${this.id} ${name}`, request, (reply) => this.#found(name, reply));
  }

  override link(caller: Caller, name: string, inode: Inode): number {
    if (!(inode instanceof HostInode) || inode.directory === undefined) return -Errno.EXDEV;
    const { directory } = inode;
    const request = (): HostRequest => ({
      op: 'link',
      toDirectory: this.place,
      other: encodeName(name),
      ...inode.#nameIn(directory),
    });
    return this.#ask(caller, `link ${this.id} ${name}`, request, ({ result }) => {
      if (result === 0) inode.nlink++;
      return result;
    });
  }

  override unlink(caller: Caller, name: string, inode: Inode): number {
    const request = (): HostRequest => ({ op: 'unlink', ...this.#entry(name) });
    return this.#ask(caller, `unlink ${this.id} ${name}`, request, ({ result }) => this.#removed(result, inode));
  }

  override rmdir(caller: Caller, name: string, inode: Inode): number {
    const request = (): HostRequest => ({ op: 'rmdir', ...this.#entry(name) });
    return this.#ask(caller, `rmdir ${this.id} ${name}`, request, ({ result }) => {
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
    const request = (): HostRequest => ({
      op: 'rename',
      toDirectory: newDirectory.place,
      other: encodeName(newName),
      ...this.#entry(name),
    });
    const key = `rename ${this.id} ${name} ${newDirectory.id} ${newName}`;
    return this.#ask(caller, key, request, ({ result }) => {
      if (result !== 0) return result;
      this.names.delete(name);
      newDirectory.names.set(newName, inode);
      inode.directory = newDirectory;
      inode.name = newName;
      if (replaced?.isDirectory === true) replaced.nlink = 1;
      return replaced === undefined ? 0 : this.#removed(0, replaced);
    });
  }

  /** A directory, as requests name it. */
  get place(): HostPlace {
    return this.directory === undefined ? TOP : this.inodes.requests.placeAt(this.#way());
  }

  /** Whether a directory is this one or above it, as far as known. */
  isBelow(above: HostInode): boolean {
    for (let at: HostInode | undefined = this; at !== undefined; at = at.directory) if (at === above) return true;
    return false;
  }

  /** The steps from the top down to this directory. */
  #way(): PlaceStep[] {
    const steps: PlaceStep[] = [];
    for (let at: HostInode = this; at.directory !== undefined; at = at.directory) {
      steps.push({ id: at.id, dev: at.hostDev, ino: at.hostIno, name: encodeName(at.name) });
    }
    return steps.reverse();
  }

  /** The key of a lookup's answer. A call asks for it again, mostly with the same string: see decodePath. */
  #lookupKey(name: string): string {
    if (name !== this.#keyedName) this.#key = `lookup ${this.id} ${name}`;
    this.#keyedName = name;
    return this.#key;
  }

  get #mount(): number {
    return this.inodes.requests.mount;
  }

  #ask(caller: Caller, key: string, request: () => HostRequest, take: (reply: HostReply) => number): number {
    return this.inodes.requests.ask(caller, key, request, take);
  }

  #found(name: string, { result, attributes }: Pick<HostReply, 'result' | 'attributes'>): HostInode | number {
    return attributes === undefined ? result : this.inodes.seen(this, name, attributes);
  }

  /** The answers of a walk, by the keys under which the lookups will ask for them. */
  #foundAhead(names: string, access: number, reply: HostReply, call: AskingCall): KeyedAnswer[] {
    const answers: KeyedAnswer[] = [];
    let directory: HostInode = this;
    const { result, bytes } = reply;
    const found = bytes === undefined ? [{ result, attributes: undefined }] : takeFound(bytes);
    const components = names.split('/');
    let index = 0;
    for (const step of found) {
      const name = components[index++] as string;
      const key = directory.#lookupKey(name);
      const answer: HostInode | number = directory.#found(name, step);
      answers.push({ key, answer });
      if (typeof answer === 'number') break;
      if (index === found.length) this.#openedAhead(answer, reply, access, call);
      directory = answer;
    }
    return answers;
  }

  /** Notes the file that a lookup has opened as well. */
  #openedAhead(found: HostInode | number, { result }: HostReply, access: number, call: AskingCall): void {
    if (typeof found === 'number' || result <= 0) return;
    this.inodes.requests.opened(result - 1, found, call, access);
  }

  /**
   * The number of the regular file that was last seen at the end of names below this directory; 0n: none was. A hint: who
   * opens the file looks before only when there is none.
   */
  #inoAt(names: string): bigint {
    let inode: HostInode | undefined = this;
    if (!names.includes('/')) inode = this.names.get(names);
    else for (const name of names.split('/')) inode = inode?.names.get(name);
    return inode?.isRegular === true ? inode.hostIno : 0n;
  }

  #removed(result: number, inode: Inode): number {
    if (result === 0 && --inode.nlink <= 0 && inode instanceof HostInode) this.inodes.gone(inode);
    return result;
  }

  #describe(opened: OpenedFile, flags: number): FileDescription {
    opened.description ??= new HostFileDescription(this, flags, this.inodes.requests, opened.file);
    return opened.description;
  }

  #entry(name: string): { mount: number; directory: HostPlace; name: Uint8Array } {
    return { mount: this.#mount, directory: this.place, name: encodeName(name) };
  }

  #nameIn(directory: HostInode): { mount: number; directory: HostPlace; name: Uint8Array } {
    return directory.#entry(this.name);
  }

  /** @param isWritten an open file must be so for writing; else the file is found by its name */
  #target(isWritten = false): HostTarget {
    for (const [file, isWritable] of this.files) {
      if (isWritable || !isWritten) return { file, directory: TOP, name: NO_NAME, ino: this.hostIno };
    }
    const { directory } = this;
    if (this.isDirectory || directory === undefined) {
      return { file: -1, directory: this.place, name: NO_NAME, ino: this.hostIno };
    }
    return { file: -1, directory: directory.place, name: encodeName(this.name), ino: this.hostIno };
  }
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

/** A key that no other file of the mount has: a number, for files of the mounted device whose numbers are safe integers. */
export function keyOf({ dev, ino }: HostAttributes, mountedDev: number): number | string {
  const number = Number(ino);
  return dev === mountedDev && Number.isSafeInteger(number) ? number : `${dev}:${ino}`;
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
