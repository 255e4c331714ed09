// The path walk: from a path to the directory that holds its last name, or through to the file. Symbolic links, `..`,
// mounts, trailing slashes and the limits are dealt with here and nowhere else.
//
// A walk that must stay beneath its start (WASI's sandbox) takes `..` back along the way that it came, so a directory that
// is moved meanwhile leads nowhere else, and refuses absolute paths and link targets, and magic links, wherever they lead.
// One object serves one walk at a time; a walk never waits in between (−ERESTART: the call runs, and walks, again).
// See: POSIX.1-2024, 4.16 Pathname Resolution; path_resolution(7); openat2(2), RESOLVE_BENEATH.

import { Errno } from '../../../runtime/abi/errno.ts';
import { NAME_MAX, SYMLOOP_MAX } from '../../../runtime/abi/wasi/structs.ts';
import type { Caller } from './caller.ts';
import type { Inode, MagicTarget } from './inode.ts';
import type { MountNamespace } from './mounts.ts';
import { nameLength } from './names.ts';
import { MAY_EXECUTE, permission } from './permissions.ts';

/** Walk flags. */
export const FOLLOW = 1;
export const BENEATH = 2;

/** What the last component is. */
export const LAST_NAME = 0;
export const LAST_DOT = 1;
export const LAST_DOTDOT = 2;
/** The path was only slashes. */
export const LAST_ROOT = 3;

/** A magic link led straight to a file: there is no path left to walk. */
export const ARRIVED = 1;

const SLASH = 47;
/** A UTF-16 unit is at most three bytes of a name. */
const BYTES_A_UNIT = 3;

export interface WalkStart {
  readonly namespace: MountNamespace;
  /** What an absolute path begins at. */
  readonly root: Inode;
}

export class PathWalk {
  /** The directory that holds the last name. */
  directory: Inode;
  /** The last name, when `last` is LAST_NAME. */
  name = '';
  last: number = LAST_ROOT;
  hasTrailingSlash = false;
  /** After `toInode`. */
  inode: Inode;
  /** Where the last name was a magic link, what it led to. */
  magic: MagicTarget | undefined;

  #caller: Caller;
  #namespace: MountNamespace;
  #root: Inode;
  #path = '';
  #at = 0;
  #isBeneath = false;
  #openFlags = -1;
  #links = 0;
  /** The directories above, for `..` of a walk that stays beneath its start. */
  readonly #above: Inode[] = [];

  constructor(caller: Caller, start: WalkStart) {
    this.#caller = caller;
    this.#namespace = start.namespace;
    this.#root = start.root;
    this.directory = start.root;
    this.inode = start.root;
  }

  /**
   * Walks to the directory that holds the last name; that name is not looked up.
   *
   * @param openFlags with which the file will be opened, if it is there; −1: it will not be
   * @returns 0 or −errno
   */
  toParent(caller: Caller, start: WalkStart, base: Inode, path: string, flags: number, openFlags = -1): number {
    this.#caller = caller;
    this.#namespace = start.namespace;
    this.#root = start.root;
    this.#isBeneath = (flags & BENEATH) !== 0;
    this.#openFlags = openFlags;
    this.#links = 0;
    if (this.#above.length > 0) this.#above.length = 0;
    this.directory = base;
    this.#path = path;
    this.#at = 0;
    return path === '' ? -Errno.ENOENT : this.#advance();
  }

  /** Walks through to the file. @returns 0 or −errno */
  toInode(caller: Caller, start: WalkStart, base: Inode, path: string, flags: number, openFlags = -1): number {
    let result = this.toParent(caller, start, base, path, flags, openFlags);
    for (;;) {
      if (result < 0) return result;
      if (this.last !== LAST_NAME) return this.#finishDots();
      result = this.lookupLast();
      if (result < 0) return result;
      const { inode } = this;
      if (!inode.isSymlink) return this.hasTrailingSlash && !inode.isDirectory ? -Errno.ENOTDIR : 0;
      if ((flags & FOLLOW) === 0 && !this.hasTrailingSlash) return 0;
      result = this.followLast();
      if (result === ARRIVED) return this.hasTrailingSlash && !this.inode.isDirectory ? -Errno.ENOTDIR : 0;
    }
  }

  /** After `toParent`: looks the last name up, into `inode`. @returns 0 or −errno (−ENOENT: no such name) */
  lookupLast(): number {
    const refusal = this.#maySearch();
    if (refusal < 0) return refusal;
    const found = this.directory.lookup(this.#caller, this.name, '', 0, this.hasTrailingSlash ? -1 : this.#openFlags);
    if (typeof found === 'number') return found;
    if (found.isDirectory) noteWalked(found, this.directory, this.name);
    this.magic = undefined;
    this.inode = found.coveredCount > 0 ? this.#namespace.cross(found) : found;
    return 0;
  }

  /**
   * After `lookupLast` found a symbolic link: walks to the parent of what it leads to.
   *
   * @returns 0, −errno, or ARRIVED: it was a magic link, and `inode` and `magic` are what it leads to
   */
  followLast(): number {
    const target = this.inode.magicTarget(this.#caller);
    if (target === undefined) return this.#expand(this.hasTrailingSlash ? '/' : '');
    const arrived = this.#jump(target);
    if (typeof arrived === 'number') return arrived;
    this.magic = arrived;
    this.inode = arrived.inode;
    return ARRIVED;
  }

  /** Walks on to the last component. */
  #advance(): number {
    const path = this.#path;
    const { length } = path;
    let at = this.#at;
    if (path.charCodeAt(0) === SLASH && at === 0) {
      if (this.#isBeneath) return -Errno.ENOTCAPABLE;
      this.directory = this.#root;
    }
    while (at < length && path.charCodeAt(at) === SLASH) at++;
    if (at === length) {
      this.last = LAST_ROOT;
      this.hasTrailingSlash = true;
      return 0;
    }
    for (;;) {
      let end = at;
      while (end < length && path.charCodeAt(end) !== SLASH) end++;
      let next = end;
      while (next < length && path.charCodeAt(next) === SLASH) next++;
      const name = at === 0 && end === length ? path : path.slice(at, end);
      if (name.length * BYTES_A_UNIT > NAME_MAX && nameLength(name) > NAME_MAX) return -Errno.ENAMETOOLONG;
      const kind = name === '.' ? LAST_DOT : name === '..' ? LAST_DOTDOT : LAST_NAME;
      if (next === length) {
        this.name = name;
        this.last = kind;
        this.hasTrailingSlash = next > end;
        return this.directory.isDirectory ? 0 : -Errno.ENOTDIR;
      }
      const result = this.#step(name, kind, end, next);
      if (result < 0) return result;
      if (result > 0) return this.#advance();
      at = next;
    }
  }

  /** Takes one component. @returns 0, −errno, or 1 when it was a link and the path is another now */
  #step(name: string, kind: number, end: number, next: number): number {
    const refusal = this.#maySearch();
    if (refusal < 0) return refusal;
    if (kind === LAST_DOT) return 0;
    if (kind === LAST_DOTDOT) return this.#up();
    const found = this.directory.lookup(this.#caller, name, this.#path, next, this.#openFlags);
    if (typeof found === 'number') return found;
    if (found.isSymlink) {
      this.inode = found;
      const target = found.magicTarget(this.#caller);
      if (target === undefined) return this.#retarget(this.#path.slice(end));
      const arrived = this.#jump(target);
      if (typeof arrived === 'number') return arrived;
      this.directory = arrived.inode;
      return this.directory.isDirectory ? 0 : -Errno.ENOTDIR;
    }
    if (this.#isBeneath) this.#above.push(this.directory);
    noteWalked(found, this.directory, name);
    this.directory = found.coveredCount > 0 ? this.#namespace.cross(found) : found;
    return this.directory.isDirectory ? 0 : -Errno.ENOTDIR;
  }

  /** Takes a magic link. Errors: ENOTCAPABLE, out of reach of a walk that stays beneath its start; ELOOP. */
  #jump(target: MagicTarget | number): MagicTarget | number {
    if (this.#isBeneath) return -Errno.ENOTCAPABLE;
    return ++this.#links > SYMLOOP_MAX ? -Errno.ELOOP : target;
  }

  #expand(rest: string): number {
    const result = this.#retarget(rest);
    return result < 0 ? result : this.#advance();
  }

  /**
   * Replaces the path by the target of the link in `inode` and what follows the link: at most SYMLOOP_MAX targets of PATH_MAX.
   *
   * @returns 1 or −errno
   */
  #retarget(rest: string): number {
    if (++this.#links > SYMLOOP_MAX) return -Errno.ELOOP;
    const target = this.inode.readlink(this.#caller);
    if (typeof target === 'number') return target;
    if (target === '') return -Errno.ENOENT;
    this.#path = target + rest;
    this.#at = 0;
    return 1;
  }

  #maySearch(): number {
    if (!this.directory.isDirectory) return -Errno.ENOTDIR;
    return permission(this.#caller, this.directory, MAY_EXECUTE);
  }

  #up(): number {
    if (this.#isBeneath) {
      const above = this.#above.pop();
      if (above === undefined) return -Errno.ENOTCAPABLE;
      this.directory = above;
      return 0;
    }
    let from = this.directory;
    if (from === this.#root) return 0;
    for (let covered = this.#namespace.coveredBy(from); covered !== undefined; ) {
      from = covered;
      covered = this.#namespace.coveredBy(from);
    }
    const above = from.parent(this.#caller);
    if (typeof above === 'number') return above;
    this.directory = this.#namespace.cross(above);
    return 0;
  }

  #finishDots(): number {
    if (this.last !== LAST_ROOT) {
      const refusal = this.#maySearch();
      if (refusal < 0) return refusal;
    }
    if (this.last === LAST_DOTDOT) {
      const result = this.#up();
      if (result < 0) return result;
    }
    this.inode = this.directory;
    return 0;
  }
}

/** Stores the place only if it differs: a new string in an old object costs the garbage collector 100 ns. */
function noteWalked(found: Inode, directory: Inode, name: string): void {
  if (found.walkedIn === directory && found.walkedAs === name) return;
  found.walkedIn = directory;
  found.walkedAs = name;
}
