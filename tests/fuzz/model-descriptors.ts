// The model's calls on descriptors: transfer, offsets, sizes, flags, rights, listing, polling, closing. See: model.ts;
// POSIX.1-2024, read, write, lseek, posix_fallocate, ftruncate, futimens; WASI preview 1 witx.

import { Errno } from '../../runtime/abi/errno.ts';
import { wasiErrnoOf } from '../../runtime/abi/wasi/errno.ts';
import { DIRENT, EVENT, SUBSCRIPTION } from '../../runtime/abi/wasi/structs.ts';
import { EVENTTYPE, FDFLAGS, RIGHTS } from '../../runtime/abi/wasi/types.ts';
import { Mismatch, type Model, type ModelCall, type ModelDescription } from './model.ts';
import { isDirectory, setTimes, storeFilestat, typeOf } from './model-paths.ts';
import { LARGEST_FILE, type ModelDirectory, type ModelFile, type ModelNode, touched } from './model-tree.ts';

const ALL_RIGHTS = 0x3fff_ffffn;
const IOV_MAX = 1024;
const MOST_BYTES = 0x7fff_ffff;
/** More than any machine of the fuzzer has room for: fd_allocate must fail. */
const TOO_MUCH = 2 ** 30;
const DIRENT_BYTES = 24;

type Segment = readonly [address: number, length: number];

interface Transfer {
  readonly description: ModelDescription;
  readonly file: ModelFile;
  readonly segments: readonly Segment[];
  /** undefined: where the description is, which moves. */
  readonly at: number | undefined;
  /** Where the guest wants to know how much it was. */
  readonly total: number;
}

export const descriptorCalls: Readonly<Record<string, ModelCall>> = {
  fd_advise(model, fd: number, offset: bigint, length: bigint, advice: number) {
    model.description(fd, RIGHTS.FD_ADVISE);
    model.fault('EINVAL', signed(offset) < 0 || signed(length) < 0 || advice >>> 0 > 5);
    return () => {};
  },

  fd_allocate(model, fd: number, offset: bigint, length: bigint) {
    const description = model.description(fd, RIGHTS.FD_ALLOCATE);
    const [from, count] = [signed(offset), signed(length)];
    model.fault('EINVAL', from < 0 || count <= 0);
    model.fault('EBADF', description?.isWritable === false);
    model.fault('EFBIG', from + count > LARGEST_FILE);
    model.fault('ENOSPC', count >= TOO_MUCH);
    const file = fileOf(description);
    if (file === undefined) return undefined;
    if (!model.hasFaults) lacksRoom(model, file, from + count);
    return () => {
      file.bytes.size = Math.max(file.bytes.size, from + count);
      touched(file);
    };
  },

  fd_close(model, fd: number) {
    model.fault('EBADF', !model.descriptors.has(fd));
    return () => {
      model.descriptors.delete(fd);
      model.preopens.delete(fd);
    };
  },

  fd_renumber(model, from: number, to: number) {
    const [description, name] = [model.descriptors.get(from), model.preopens.get(from)];
    model.fault('EBADF', description === undefined || !model.descriptors.has(to));
    if (description === undefined || from === to) return () => {};
    return () => {
      model.descriptors.delete(from);
      model.descriptors.set(to, description);
      model.preopens.delete(from);
      if (name === undefined) model.preopens.delete(to);
      else model.preopens.set(to, name);
    };
  },

  fd_datasync(model, fd: number) {
    model.description(fd, RIGHTS.FD_DATASYNC);
    return () => {};
  },
  fd_sync(model, fd: number) {
    model.description(fd, RIGHTS.FD_SYNC);
    return () => {};
  },

  fd_fdstat_get(model, fd: number, stat: number) {
    const description = model.description(fd, 0);
    model.contains(stat, 24);
    if (description === undefined) return undefined;
    return () => {
      const at = stat >>> 0;
      model.store64(at, 0);
      model.view.setUint8(at, typeOf(description.node));
      model.view.setUint16(at + 2, shownFlags(description.flags), true);
      model.store64(at + 8, model.rightsOf(description));
      model.store64(at + 16, model.inheritingOf(description));
    };
  },

  fd_fdstat_set_flags(model, fd: number, flags: number) {
    const description = model.description(fd, RIGHTS.FD_FDSTAT_SET_FLAGS);
    model.fault('EINVAL', (flags & ~31) !== 0);
    return () => {
      if (description !== undefined) description.flags = flags;
    };
  },

  fd_fdstat_set_rights(model, fd: number, base: bigint, inheriting: bigint) {
    const description = model.description(fd, 0);
    if (description === undefined) return undefined;
    const [wantedBase, wantedInheriting] = [BigInt.asUintN(64, base), BigInt.asUintN(64, inheriting)];
    const isMore =
      (wantedBase & ~BigInt(model.rightsOf(description))) !== 0n ||
      (wantedInheriting & ~BigInt(model.inheritingOf(description))) !== 0n;
    model.fault('ENOTCAPABLE', isMore);
    return () => {
      description.base = Number(wantedBase & ALL_RIGHTS);
      description.inheriting = Number(wantedInheriting & ALL_RIGHTS);
    };
  },

  fd_filestat_get(model, fd: number, buf: number) {
    const description = model.description(fd, RIGHTS.FD_FILESTAT_GET);
    model.contains(buf, 64);
    return description && (() => storeFilestat(model, buf, description.node));
  },

  fd_filestat_set_size(model, fd: number, size: bigint) {
    const description = model.description(fd, RIGHTS.FD_FILESTAT_SET_SIZE);
    const wanted = signed(size);
    model.fault('EINVAL', wanted < 0 || description?.isWritable === false);
    model.fault('EFBIG', wanted > LARGEST_FILE);
    const file = fileOf(description);
    if (file === undefined) return undefined;
    if (!model.hasFaults) lacksRoom(model, file, wanted);
    return () => {
      file.bytes.resize(wanted);
      touched(file);
    };
  },

  fd_filestat_set_times(model, fd: number, atim: bigint, mtim: bigint, which: number) {
    const description = model.description(fd, RIGHTS.FD_FILESTAT_SET_TIMES);
    return setTimes(model, description?.node, atim, mtim, which);
  },

  fd_prestat_get(model, fd: number, buf: number) {
    const name = model.preopens.get(fd);
    model.fault('EBADF', name === undefined);
    model.contains(buf, 8);
    return () => {
      model.store32(buf, 0);
      model.store32(buf + 4, name?.length ?? 0);
    };
  },

  fd_prestat_dir_name(model, fd: number, path: number, length: number) {
    const name = model.preopens.get(fd);
    model.fault('EBADF', name === undefined);
    model.contains(path, length >>> 0);
    model.fault('ENAMETOOLONG', length >>> 0 < (name?.length ?? 0));
    return () => model.memory.set(new TextEncoder().encode(name), path >>> 0);
  },

  fd_read(model, fd: number, iovs: number, count: number, total: number) {
    return read(model, transferOf(model, RIGHTS.FD_READ, fd, iovs, count, undefined, total));
  },
  fd_pread(model, fd: number, iovs: number, count: number, offset: bigint, total: number) {
    return read(model, transferOf(model, RIGHTS.FD_READ, fd, iovs, count, offset, total));
  },
  fd_write(model, fd: number, iovs: number, count: number, total: number) {
    return write(model, transferOf(model, RIGHTS.FD_WRITE, fd, iovs, count, undefined, total));
  },
  fd_pwrite(model, fd: number, iovs: number, count: number, offset: bigint, total: number) {
    return write(model, transferOf(model, RIGHTS.FD_WRITE, fd, iovs, count, offset, total));
  },

  fd_readdir(model, fd: number, buf: number, length: number, cookie: bigint, used: number) {
    const description = model.description(fd, RIGHTS.FD_READDIR);
    const node = description?.node;
    model.fault('ENOTDIR', node !== undefined && !isDirectory(node));
    model.contains(buf, length >>> 0);
    model.contains(used, 4);
    model.fault('EINVAL', BigInt.asUintN(64, cookie) > BigInt(Number.MAX_SAFE_INTEGER));
    if (node === undefined || !isDirectory(node)) return undefined;
    // A host's listing goes on where it was, though its directory is gone, and `.` needs no host.
    model.fault(model.traits.isHost === true ? '?ENOENT' : 'ENOENT', node.isRemoved);
    model.fault('?ESTALE', model.traits.isHost === true && node.isRemoved);
    return () => listing(model, node, buf >>> 0, length >>> 0, cookie, used);
  },

  fd_seek(model, fd: number, offset: bigint, whence: number, result: number) {
    const isTell = offset === 0n && whence === 1;
    const description = model.description(fd, isTell ? RIGHTS.FD_TELL : RIGHTS.FD_SEEK);
    model.contains(result, 8);
    const file = fileOf(description);
    if (file === undefined || description === undefined) return undefined;
    const base = [0, description.offset, file.bytes.size][whence >>> 0];
    const target = (base ?? 0) + signed(offset);
    model.fault('EINVAL', base === undefined || target < 0 || target > LARGEST_FILE);
    return () => {
      description.offset = target;
      model.store64(result, target);
    };
  },

  fd_tell(model, fd: number, result: number) {
    const description = model.description(fd, RIGHTS.FD_TELL);
    model.contains(result, 8);
    return description && (() => model.store64(result, description.offset));
  },

  poll_oneoff(model, subscriptions: number, out: number, count: number, events: number) {
    const total = count >>> 0;
    const isInside = model.contains(subscriptions, total * 48);
    model.contains(out, total * 32);
    model.contains(events, 4);
    model.fault('EINVAL', total === 0 || total > IOV_MAX);
    if (!isInside || model.hasFaults) return undefined;
    const ready: Uint8Array[] = [];
    for (let i = 0; i < total; i++) {
      const event = eventOf(model, (subscriptions >>> 0) + 48 * i, (out >>> 0) + 32 * ready.length);
      if (event !== undefined) ready.push(event);
    }
    return () => {
      for (const [i, event] of ready.entries()) model.memory.set(event, (out >>> 0) + 32 * i);
      model.store32(events, ready.length);
    };
  },

  random_get(model, buf: number, length: number) {
    model.contains(buf, length >>> 0);
    return () => model.adopt(buf, length >>> 0);
  },

  sock_accept: notSocket,
  sock_recv: notSocket,
  sock_send: notSocket,
  sock_shutdown: notSocket,
};

function notSocket(model: Model, fd: number): undefined {
  model.fault(model.descriptors.has(fd) ? 'ENOTSOCK' : 'EBADF');
  return undefined;
}

function signed(value: bigint): number {
  return Number(BigInt.asIntN(64, value));
}

function fileOf(description: ModelDescription | undefined): ModelFile | undefined {
  return description?.node.type === 'file' ? description.node : undefined;
}

/** SYNC is what DSYNC asks for and more; RSYNC is SYNC. Linux: O_SYNC contains O_DSYNC's bit. */
function shownFlags(flags: number): number {
  const isSync = (flags & (FDFLAGS.SYNC | FDFLAGS.RSYNC)) !== 0;
  return flags | (isSync ? FDFLAGS.SYNC | FDFLAGS.RSYNC | FDFLAGS.DSYNC : 0);
}

/** What a full disk, or a staged file with its one buffer, may say. */
function lacksRoom(model: Model, file: ModelFile, end: number): void {
  const isStaged = [...(model.traits.staged?.values() ?? [])].includes(file);
  model.fault('?ENOSPC', model.traits.mayBeFull === true || (isStaged && end > file.bytes.size));
}

/** The buffers of a call. */
function segmentsOf(model: Model, iovs: number, count: number): Segment[] {
  const total = count >>> 0;
  if (!model.contains(iovs, total * 8)) return [];
  model.fault('EINVAL', total > IOV_MAX);
  if (total > IOV_MAX) return [];
  let sum = 0;
  const segments = Array.from({ length: total }, (_, i): Segment => {
    const at = (iovs >>> 0) + 8 * i;
    return [model.view.getUint32(at, true), model.view.getUint32(at + 4, true)];
  });
  for (const [address, length] of segments) {
    if (length > 0) model.contains(address, length);
    sum += length;
  }
  model.fault('EINVAL', sum > MOST_BYTES);
  return segments;
}

/** Judges what reads and writes have alike. @returns undefined: of no file, or refused as a whole */
function transferOf(
  model: Model,
  right: number,
  fd: number,
  iovs: number,
  count: number,
  offset: bigint | undefined,
  total: number,
): Transfer | undefined {
  const description = model.description(fd, right);
  model.contains(total, 4);
  const segments = segmentsOf(model, iovs, count);
  model.fault('EINVAL', offset !== undefined && signed(offset) < 0);
  const file = fileOf(description);
  if (file === undefined || description === undefined) return undefined;
  return { description, file, segments, at: offset === undefined ? undefined : signed(offset), total };
}

function read(model: Model, transfer: Transfer | undefined): (() => void) | undefined {
  if (transfer === undefined) return undefined;
  const { description, file, segments, at, total } = transfer;
  return () => {
    const start = at ?? description.offset;
    let position = start;
    for (const [address, length] of segments) {
      for (let i = 0; i < length && position < file.bytes.size; i++) {
        model.memory[address + i] = file.bytes.byteAt(position++);
      }
    }
    if (at === undefined) description.offset = position;
    file.atim = undefined;
    model.store32(total, position - start);
  };
}

function write(model: Model, transfer: Transfer | undefined): (() => void) | undefined {
  if (transfer === undefined) return undefined;
  const { description, file, segments, at, total } = transfer;
  const appends = (description.flags & FDFLAGS.APPEND) !== 0;
  const start = appends ? file.bytes.size : (at ?? description.offset);
  const length = segments.reduce((sum, [, each]) => sum + each, 0);
  const fitting = Math.min(length, Math.max(0, LARGEST_FILE - start));
  model.fault('EFBIG', length > 0 && fitting === 0);
  if (length > 0 && !model.hasFaults) lacksRoom(model, file, start + fitting);
  return () => {
    let count = fitting;
    if (model.traits.mayBeFull || model.traits.staged !== undefined) {
      count = model.actualView.getUint32(total >>> 0, true);
      if (count > fitting || (count === 0 && fitting > 0)) throw new Mismatch(`${count} bytes of ${fitting} written`);
    }
    let position = start;
    for (const [address, each] of segments) {
      for (let i = 0; i < each && position < start + count; i++) {
        file.bytes.set(position++, model.memory[address + i] as number);
      }
    }
    if (at === undefined && (count > 0 || !appends)) description.offset = position;
    if (count > 0) touched(file);
    model.store32(total, count);
  };
}

/** Checks a listing: whole entries that are there, each once, all of them when there was room. */
function listing(model: Model, node: ModelDirectory, buf: number, length: number, cookie: bigint, used: number): void {
  const { actualView, actual } = model;
  const filled = actualView.getUint32(used >>> 0, true);
  if (filled > length) throw new Mismatch(`${filled} bytes listed into ${length}`);
  const seen = new Set<string>();
  let at = buf;
  const end = buf + filled;
  while (at + DIRENT_BYTES <= end) {
    const nameLength = actualView.getUint32(at + DIRENT.namlen, true);
    const start = at + DIRENT_BYTES;
    if (start + nameLength > end) break;
    const name = String.fromCharCode(...actual.subarray(start, start + nameLength));
    if (seen.has(name)) throw new Mismatch(`${JSON.stringify(name)} is listed twice`);
    seen.add(name);
    // POSIX: whether a name that has come or gone since the listing began is listed is unspecified; a host's may be.
    const isCurrent = cookie === 0n || model.traits.isHost !== true;
    const number = actualView.getBigUint64(at + DIRENT.ino, true);
    if (isCurrent) checkEntry(model, node, name, number, actual[at + DIRENT.type] as number);
    at = start + nameLength;
  }
  if (cookie === 0n && filled < length) {
    const missing = ['.', '..', ...node.entries.keys()].find((name) => !seen.has(name));
    if (missing !== undefined) throw new Mismatch(`${JSON.stringify(missing)} is not listed`);
  }
  node.atim = undefined;
  model.adopt(buf, filled);
  model.store32(used, filled);
}

function checkEntry(model: Model, directory: ModelDirectory, name: string, number: bigint, type: number): void {
  if (name === '..' && directory.above === directory) return;
  const node: ModelNode | undefined =
    name === '.' ? directory : name === '..' ? directory.above : directory.entries.get(name);
  if (node === undefined) throw new Mismatch(`${JSON.stringify(name)} is listed and is not there`);
  if (type !== typeOf(node)) throw new Mismatch(`${JSON.stringify(name)} is listed as of type ${type}`);
  model.checkNumber(node, number);
}

/** The event of a subscription, when there is one now. Only clocks that have come are subscribed to. */
function eventOf(model: Model, at: number, out: number): Uint8Array | undefined {
  const { view } = model;
  const event = new DataView(new ArrayBuffer(32));
  const type = view.getUint8(at + SUBSCRIPTION.tag);
  event.setBigUint64(EVENT.userdata, view.getBigUint64(at + SUBSCRIPTION.userdata, true), true);
  event.setUint8(EVENT.type, type);
  const fail = (errno: number): void => event.setUint16(EVENT.errno, wasiErrnoOf(errno), true);
  if (type === EVENTTYPE.CLOCK) {
    const isKnown = view.getUint32(at + SUBSCRIPTION.clockId, true) <= 3;
    if (!isKnown || (view.getUint16(at + SUBSCRIPTION.clockFlags, true) & ~1) !== 0) fail(Errno.EINVAL);
    return new Uint8Array(event.buffer);
  }
  if (type !== EVENTTYPE.FD_READ && type !== EVENTTYPE.FD_WRITE) {
    model.fault('EINVAL');
    return undefined;
  }
  const description = model.descriptors.get(view.getInt32(at + SUBSCRIPTION.fd, true));
  if (description === undefined) fail(Errno.EBADF);
  else if ((model.rightsOf(description) & RIGHTS.POLL_FD_READWRITE) === 0) fail(Errno.ENOTCAPABLE);
  else if (type === EVENTTYPE.FD_READ && description.node.type === 'file') {
    const left = BigInt(Math.max(0, description.node.bytes.size - description.offset));
    // A host is not asked how much there is to read: 0, which says nothing.
    const isUnknown = model.traits.isHost === true && model.actualView.getBigUint64(out + EVENT.nbytes, true) === 0n;
    event.setBigUint64(EVENT.nbytes, isUnknown ? 0n : left, true);
  }
  return new Uint8Array(event.buffer);
}
