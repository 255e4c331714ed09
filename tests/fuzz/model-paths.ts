// The model's calls on paths. See: model.ts; POSIX.1-2024, mkdir, open, link, rename, symlink, unlink, rmdir; path(7).

import { FILESTAT } from '../../runtime/abi/wasi/structs.ts';
import { FILETYPE, OFLAGS, RIGHTS } from '../../runtime/abi/wasi/types.ts';
import { Mismatch, type Model, type ModelCall } from './model.ts';
import {
  addName,
  find,
  isBelow,
  type ModelDirectory,
  type ModelNode,
  newDirectory,
  newFile,
  newSymlink,
  type Place,
  sizeOf,
  takeName,
  touched,
  unlinked,
  walk,
} from './model-tree.ts';

const ALL_RIGHTS = 0x3fff_ffffn;
const FILETYPES = { file: FILETYPE.REGULAR_FILE, directory: FILETYPE.DIRECTORY, symlink: FILETYPE.SYMBOLIC_LINK };

export const pathCalls: Readonly<Record<string, ModelCall>> = {
  path_create_directory(model, fd: number, path: number, length: number) {
    const place = placeOf(model, fd, RIGHTS.PATH_CREATE_DIRECTORY, path, length);
    if (place === undefined) return undefined;
    mayAdd(model, place, true);
    return () => addName(place.directory, place.name, newDirectory(place.directory));
  },

  path_filestat_get(model, fd: number, flags: number, path: number, length: number, buf: number) {
    model.contains(buf, 64);
    model.fault('EINVAL', (flags & ~1) !== 0);
    const node = fileAt(model, fd, RIGHTS.PATH_FILESTAT_GET, path, length, (flags & 1) !== 0);
    return node && (() => storeFilestat(model, buf, node));
  },

  path_filestat_set_times(model, fd: number, flags: number, path: number, length: number, ...times: never[]) {
    model.fault('EINVAL', (flags & ~1) !== 0);
    const node = fileAt(model, fd, RIGHTS.PATH_FILESTAT_SET_TIMES, path, length, (flags & 1) !== 0);
    const [atim, mtim, which] = times as unknown as [bigint, bigint, number];
    return setTimes(model, node, atim, mtim, which);
  },

  path_link(model, oldFd: number, flags: number, ...rest: never[]) {
    const [oldPath, oldLength, newFd, newPath, newLength] = rest as unknown as [number, number, number, number, number];
    model.fault('EINVAL', (flags & ~1) !== 0);
    const isFollowed = (flags & 1) !== 0;
    const node = fileAt(model, oldFd, RIGHTS.PATH_LINK_SOURCE, oldPath, oldLength, isFollowed);
    const place = placeOf(model, newFd, RIGHTS.PATH_LINK_TARGET, newPath, newLength);
    if (place !== undefined) mayAdd(model, place, false);
    model.fault('EPERM', node?.type === 'directory');
    if (node === undefined || place === undefined) return undefined;
    return () => {
      addName(place.directory, place.name, node);
      node.nlink++;
    };
  },

  path_open(model, fd: number, dirflags: number, path: number, length: number, oflags: number, ...rest: never[]) {
    const [wantedBase, wantedInheriting, fdflags, opened] = rest as unknown as [bigint, bigint, number, number];
    const [creates, truncates] = [(oflags & OFLAGS.CREAT) !== 0, (oflags & OFLAGS.TRUNC) !== 0];
    const isExclusive = (oflags & OFLAGS.EXCL) !== 0;
    const directory = model.directory(
      fd,
      RIGHTS.PATH_OPEN | (creates ? RIGHTS.PATH_CREATE_FILE : 0) | (truncates ? RIGHTS.PATH_FILESTAT_SET_SIZE : 0),
    );
    model.contains(opened, 4);
    model.fault('EINVAL', (dirflags & ~1) !== 0 || (fdflags & ~31) !== 0 || (oflags & ~15) !== 0);
    model.fault('EINVAL', creates && (oflags & OFLAGS.DIRECTORY) !== 0);
    const text = model.path(path, length);
    model.fault('?EROFS', model.traits.isReadOnly === true && (creates || truncates));
    const number = model.lowestFree();
    model.fault('EMFILE', number === undefined);
    if (directory === undefined || text === undefined || number === undefined) return undefined;
    const [base, inheriting] = [Number(wantedBase & ALL_RIGHTS), Number(wantedInheriting & ALL_RIGHTS)];
    const allowed = model.inheritingOf(directory.description);
    model.fault('ENOTCAPABLE', ((base | inheriting) & ~allowed) !== 0);

    const isFollowed = (dirflags & 1) !== 0;
    const access = model.accessOf(base);
    const finish = (node: ModelNode): void => {
      if (node.type === 'symlink') throw new Error('a link is never opened');
      if (truncates && node.type === 'file') {
        node.bytes.resize(0);
        touched(node);
      }
      model.descriptors.set(number, { node, offset: 0, flags: fdflags, ...access, base, inheriting });
      model.store32(opened, number);
    };
    const staged = model.traits.staged?.get(text);
    if (staged !== undefined) {
      model.fault('EEXIST', creates && isExclusive);
      model.fault('ENOTDIR', (oflags & OFLAGS.DIRECTORY) !== 0);
      return () => finish(staged);
    }
    model.fault('ENOENT', text === '');
    const asWritten = walk(directory.node, text, 'never');
    if (creates && cannotCreate(model, asWritten, isExclusive)) return undefined;
    const plain = creates ? 'create' : isFollowed ? 'last' : 'slash';
    const place = creates && (isExclusive || !isFollowed) ? asWritten : walk(directory.node, text, plain);
    if (typeof place === 'string') {
      model.fault(place);
      return undefined;
    }
    // A link may lead to such a name too.
    if (creates && cannotCreate(model, place, isExclusive)) return undefined;
    const { node } = place;
    if (node === undefined) {
      model.fault('ENOENT', !creates || place.directory.isRemoved);
      changes(model, true);
      return () => {
        const file = newFile();
        addName(place.directory, place.name, file);
        finish(file);
      };
    }
    model.fault('EEXIST', creates && isExclusive);
    model.fault('ENOTDIR', (place.hasTrailingSlash || (oflags & OFLAGS.DIRECTORY) !== 0) && node.type !== 'directory');
    model.fault('ELOOP', node.type === 'symlink');
    model.fault('EISDIR', node.type === 'directory' && (creates || truncates || access.isWritable));
    model.fault('EROFS', model.traits.isReadOnly === true && (truncates || access.isWritable));
    return () => finish(node);
  },

  path_readlink(model, fd: number, path: number, length: number, buf: number, bufLength: number, used: number) {
    const room = bufLength >>> 0;
    model.contains(buf, room);
    model.contains(used, 4);
    const node = fileAt(model, fd, RIGHTS.PATH_READLINK, path, length, false);
    model.fault('EINVAL', node !== undefined && node.type !== 'symlink');
    if (node?.type !== 'symlink') return undefined;
    return () => {
      const bytes = Uint8Array.from(node.target, (byte) => byte.charCodeAt(0)).subarray(0, room);
      node.atim = undefined;
      model.memory.set(bytes, buf >>> 0);
      model.store32(used, bytes.length);
    };
  },

  path_remove_directory(model, fd: number, path: number, length: number) {
    const place = placeOf(model, fd, RIGHTS.PATH_REMOVE_DIRECTORY, path, length);
    if (place === undefined) return undefined;
    const { node } = place;
    model.fault('EINVAL', place.last === '.');
    if (place.last === '..') for (const errno of ['ENOTEMPTY', 'ENOTCAPABLE']) model.fault(errno);
    model.fault('ENOENT', place.last === 'name' && node === undefined);
    model.fault('ENOTDIR', node !== undefined && node.type !== 'directory');
    model.fault('ENOTEMPTY', node?.type === 'directory' && node.entries.size > 0);
    changes(model, false);
    return () => remove(place);
  },

  path_rename(
    model,
    fd: number,
    oldPath: number,
    oldLength: number,
    newFd: number,
    newPath: number,
    newLength: number,
  ) {
    const from = placeOf(model, fd, RIGHTS.PATH_RENAME_SOURCE, oldPath, oldLength);
    const to = placeOf(model, newFd, RIGHTS.PATH_RENAME_TARGET, newPath, newLength);
    if (from === undefined || to === undefined) return undefined;
    const { node: moved } = from;
    const { node: replaced } = to;
    if (from.last !== 'name' || to.last !== 'name') {
      model.fault('EBUSY');
      model.fault('ENOTCAPABLE', from.last === '..' || to.last === '..');
      return undefined;
    }
    model.fault('ENOENT', moved === undefined);
    if (moved === undefined) return undefined;
    model.fault('ENOTDIR', moved.type !== 'directory' && (from.hasTrailingSlash || to.hasTrailingSlash));
    model.fault('EINVAL', moved.type === 'directory' && isBelow(to.directory, moved));
    model.fault('ENOTEMPTY', replaced?.type === 'directory' && isBelow(from.directory, replaced));
    if (replaced === moved) {
      if (model.traits.isReadOnly) model.fault('EROFS');
      return () => {};
    }
    model.fault('ENOENT', to.directory.isRemoved);
    if (replaced !== undefined) {
      model.fault('ENOTDIR', moved.type === 'directory' && replaced.type !== 'directory');
      model.fault('EISDIR', moved.type !== 'directory' && replaced.type === 'directory');
      model.fault('ENOTEMPTY', replaced.type === 'directory' && replaced.entries.size > 0);
    }
    changes(model, replaced === undefined);
    return () => {
      if (replaced !== undefined) remove(to);
      takeName(from.directory, from.name);
      addName(to.directory, to.name, moved);
    };
  },

  path_symlink(model, oldPath: number, oldLength: number, fd: number, path: number, length: number) {
    const target = model.path(oldPath, oldLength);
    const place = placeOf(model, fd, RIGHTS.PATH_SYMLINK, path, length);
    model.fault('ENOENT', target === '');
    model.fault('ENOTCAPABLE', target?.startsWith('/') === true);
    if (place === undefined || target === undefined) return undefined;
    mayAdd(model, place, false);
    return () => addName(place.directory, place.name, newSymlink(target));
  },

  path_unlink_file(model, fd: number, path: number, length: number) {
    const place = placeOf(model, fd, RIGHTS.PATH_UNLINK_FILE, path, length);
    if (place === undefined) return undefined;
    const { node } = place;
    if (place.last !== 'name') {
      model.fault('EISDIR');
      model.fault('ENOTCAPABLE', place.last === '..');
      return undefined;
    }
    model.fault('ENOENT', node === undefined);
    model.fault('EISDIR', node?.type === 'directory');
    model.fault('ENOTDIR', node !== undefined && node.type !== 'directory' && place.hasTrailingSlash);
    changes(model, false);
    return () => remove(place);
  },
};

/** Where a new name shall stand, or an old one go. */
function placeOf(model: Model, fd: number, right: number, path: number, length: number): Place | undefined {
  const directory = model.directory(fd, right);
  const text = model.path(path, length);
  // Whether that is said before what is wrong with the names is not said anywhere.
  model.fault('?EROFS', model.traits.isReadOnly === true);
  if (directory === undefined || text === undefined) return undefined;
  const place = text === '' ? 'ENOENT' : walk(directory.node, text, 'never');
  if (typeof place !== 'string') return place;
  model.fault(place);
  return undefined;
}

function fileAt(
  model: Model,
  fd: number,
  right: number,
  path: number | undefined,
  length: number | undefined,
  isFollowed: boolean,
): ModelNode | undefined {
  const directory = model.directory(fd, right);
  const text = model.path(path ?? 0, length ?? 0);
  if (directory === undefined || text === undefined) return undefined;
  const staged = model.traits.staged?.get(text);
  if (staged !== undefined) return staged;
  const node = text === '' ? 'ENOENT' : find(directory.node, text, isFollowed);
  if (typeof node !== 'string') return node;
  model.fault(node);
  return undefined;
}

function mayAdd(model: Model, place: Place, mayEndInSlash: boolean): void {
  if (place.last !== 'name') {
    model.fault('EEXIST');
    model.fault('ENOTCAPABLE', place.last === '..');
    return;
  }
  model.fault('EEXIST', place.node !== undefined);
  model.fault('ENOENT', place.directory.isRemoved || (place.hasTrailingSlash && !mayEndInSlash));
  changes(model, true);
}

function changes(model: Model, takesRoom: boolean): void {
  model.fault('EROFS', model.traits.isReadOnly === true);
  model.fault('?ENOSPC', takesRoom && model.traits.mayBeFull === true);
}

function remove({ directory, name }: Place): void {
  const node = takeName(directory, name);
  if (node !== undefined) unlinked(node);
}

/** Linux: O_CREAT of `.`, `..`, or a name with a slash behind it, is EISDIR, whatever is there. */
function cannotCreate(model: Model, place: Place | string, isExclusive: boolean): boolean {
  if (typeof place === 'string' || (place.last === 'name' && !place.hasTrailingSlash)) return false;
  model.fault('EISDIR');
  model.fault('EEXIST', isExclusive);
  return true;
}

/** Checks the filestat that the call has stored, and takes it over. */
export function storeFilestat(model: Model, buf: number, node: ModelNode): void {
  const at = buf >>> 0;
  const { actualView } = model;
  model.checkNumber(node, actualView.getBigUint64(at + FILESTAT.ino, true));
  const times = [actualView.getBigUint64(at + FILESTAT.atim, true), actualView.getBigUint64(at + FILESTAT.mtim, true)];
  for (const [i, known] of [node.atim, node.mtim].entries()) {
    if (known !== undefined && known !== times[i]) throw new Mismatch(`time ${i} is ${times[i]} instead of ${known}`);
  }
  model.adopt(at, 64);
  model.store64(at + FILESTAT.filetype, FILETYPES[node.type]);
  if (node.type !== 'directory' || model.traits.isHost !== true) model.store64(at + FILESTAT.nlink, node.nlink);
  const size = sizeOf(node);
  if (size !== undefined) model.store64(at + FILESTAT.size, size);
}

/** The types that directories list. */
export function typeOf(node: ModelNode): number {
  return FILETYPES[node.type];
}

export function setTimes(
  model: Model,
  node: ModelNode | undefined,
  atim: bigint,
  mtim: bigint,
  which: number,
): (() => void) | undefined {
  model.fault('EINVAL', (which & ~15) !== 0 || (which & 3) === 3 || (which & 12) === 12);
  model.fault('EROFS', (which & 15) !== 0 && model.traits.isReadOnly === true);
  if (node === undefined) return undefined;
  return () => {
    const isKept = model.traits.isHost !== true;
    if ((which & 3) !== 0) node.atim = isKept && (which & 1) !== 0 ? BigInt.asUintN(64, atim) : undefined;
    if ((which & 12) !== 0) node.mtim = isKept && (which & 4) !== 0 ? BigInt.asUintN(64, mtim) : undefined;
  };
}

export function isDirectory(node: ModelNode): node is ModelDirectory {
  return node.type === 'directory';
}
