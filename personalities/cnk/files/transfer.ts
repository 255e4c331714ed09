// fd_read, fd_write, fd_pread, fd_pwrite on staged files. Pointers are checked first, on a copy of the iovecs; the count is
// stored last. What is not staged is Linux's.

import { Errno } from '../../../runtime/abi/errno.ts';
import { IOV_MAX, IOVEC, STRUCT_SIZES } from '../../../runtime/abi/structs.ts';
import type { Fd, GuestPtr } from '../../../runtime/abi/types.ts';
import { FDFLAGS, RIGHTS } from '../../../runtime/abi/wasi-types.ts';
import type { GuestMemory } from '../../../runtime/memory/guest-memory.ts';
import { NOT_SERVED } from '../context.ts';
import { type FilesContext, hasRights } from './context.ts';
import { AT_OFFSET, type OpenStagedFile } from './file.ts';

const MAX_TRANSFER = 0x7fff_ffff;
/** The shim copies what it reads: a piece at a time, so that a long read needs no long copy. */
const PIECE = 1 << 20;

/** Checked ranges of guest memory, for one call; calls are served one at a time. */
const addresses = new Float64Array(IOV_MAX);
const lengths = new Float64Array(IOV_MAX);

export function fd_read(ctx: FilesContext, fd: Fd, iovs: GuestPtr, count: number, nread: GuestPtr): number {
  return transfer(ctx, fd, iovs, count, AT_OFFSET, nread, false);
}

export function fd_write(ctx: FilesContext, fd: Fd, iovs: GuestPtr, count: number, nwritten: GuestPtr): number {
  return transfer(ctx, fd, iovs, count, AT_OFFSET, nwritten, true);
}

export function fd_pread(
  ctx: FilesContext,
  fd: Fd,
  iovs: GuestPtr,
  count: number,
  offset: bigint,
  nread: GuestPtr,
): number {
  return transfer(ctx, fd, iovs, count, positionFromGuest(offset), nread, false);
}

export function fd_pwrite(
  ctx: FilesContext,
  fd: Fd,
  iovs: GuestPtr,
  count: number,
  offset: bigint,
  nwritten: GuestPtr,
): number {
  return transfer(ctx, fd, iovs, count, positionFromGuest(offset), nwritten, true);
}

/** An offset or size of a file, or −EINVAL. Beyond 2^53 it is not exact, but then it is beyond the largest file too. */
export function positionFromGuest(offset: bigint): number {
  const signed = BigInt.asIntN(64, offset);
  return signed < 0n ? -Errno.EINVAL : Number(signed);
}

/** @param position AT_OFFSET, a position, or another negative number: an offset that is refused */
function transfer(
  ctx: FilesContext,
  fd: number,
  iovs: number,
  count: number,
  position: number,
  total: number,
  isWrite: boolean,
): number {
  const description = ctx.files.get(fd);
  if (description === undefined) return NOT_SERVED;
  if (!hasRights(description, isWrite ? RIGHTS.FD_WRITE : RIGHTS.FD_READ)) return Errno.ENOTCAPABLE;
  const { memory } = ctx;
  if (!memory.contains(total, STRUCT_SIZES.size)) return Errno.EFAULT;
  const buffers = loadBuffers(memory, iovs, count);
  if (buffers < 0) return -buffers;
  if (position < AT_OFFSET) return Errno.EINVAL;
  const { file } = description;
  if (position !== AT_OFFSET && !file.isSeekable) return Errno.ESPIPE;
  const appends = (description.flags & FDFLAGS.APPEND) !== 0;
  const done = move(memory.bytes, file, buffers, position, isWrite, appends);
  if (done < 0) return -done;
  memory.writeU32(total >>> 0, done);
  return Errno.SUCCESS;
}

/** Copies an array of iovec or ciovec, and checks every buffer. @returns their number or −errno */
function loadBuffers(memory: GuestMemory, iovs: number, count: number): number {
  const total = count >>> 0;
  if (!memory.containsArray(iovs, total, STRUCT_SIZES.iovec)) return -Errno.EFAULT;
  if (total > IOV_MAX) return -Errno.EINVAL;
  let bytes = 0;
  for (let i = 0; i < total; i++) {
    const at = (iovs >>> 0) + i * STRUCT_SIZES.iovec;
    const address = memory.readU32(at + IOVEC.buf);
    const length = memory.readU32(at + IOVEC.len);
    if (length > 0 && !memory.contains(address, length)) return -Errno.EFAULT;
    addresses[i] = address;
    lengths[i] = length;
    bytes += length;
  }
  return bytes > MAX_TRANSFER ? -Errno.EINVAL : total;
}

/** @returns bytes moved: fewer than asked at the end, or when something failed after the first; or −errno */
function move(
  bytes: Uint8Array,
  file: OpenStagedFile,
  buffers: number,
  position: number,
  isWrite: boolean,
  appends: boolean,
): number {
  let done = 0;
  for (let i = 0; i < buffers; i++) {
    const end = (addresses[i] as number) + (lengths[i] as number);
    for (let address = addresses[i] as number; address < end; ) {
      const wanted = Math.min(end - address, PIECE);
      const at = position === AT_OFFSET ? AT_OFFSET : position + done;
      const moved = isWrite ? file.write(bytes, address, wanted, at, appends) : file.read(bytes, address, wanted, at);
      if (moved < 0) return done > 0 ? done : moved;
      done += moved;
      address += moved;
      if (moved < wanted) return done;
    }
  }
  return done;
}
