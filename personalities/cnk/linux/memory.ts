// Linux's calls of a process's memory, on its address space. A mapped file is a copy, read when it is mapped: there is nothing between
// a guest and its memory that could notice an access. So what may not be written is a matter of trust, and a file that is
// mapped to be shared can only be read.
// See: mmap(2), munmap(2), mremap(2), mprotect(2), madvise(2), msync(2).

import { Errno } from '../../../runtime/abi/errno.ts';
import { WALI_MODULE } from '../../../runtime/abi/linux/call.ts';
import { FCNTL_COMMANDS, MAP_FLAGS, MREMAP_FLAGS, OPEN_FLAGS, PROT } from '../../../runtime/abi/linux/types.ts';
import { type AddressSpace, MAP_PAGE, type MappingOwner, OWNER } from '../memory/address-space.ts';
import type { CoreContext, CoreHandlers } from './context.ts';

const { MAP_SHARED, MAP_PRIVATE, MAP_FIXED, MAP_ANONYMOUS, MAP_FIXED_NOREPLACE } = MAP_FLAGS;
const MAP_TYPE = 0xf;
const MAP_SHARED_VALIDATE = 3;
const PROT_ALL = PROT.PROT_READ | PROT.PROT_WRITE | PROT.PROT_EXEC | 0x0300_0000; // and to which side it grows
const MS_FLAGS = { ASYNC: 1, INVALIDATE: 2, SYNC: 4 } as const;
const MADV_DONTNEED = 4;
/** The advice that Linux takes. */
const ADVICE: ReadonlySet<number> = new Set([0, 1, 2, 3, 4, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21]);
const ACCESS = 3;

export const SYS_mmap: CoreHandlers['SYS_mmap'] = (context, addr, len, prot, flags, fd, offset) => {
  const { space } = context;
  const length = len >>> 0;
  const type = flags & MAP_TYPE;
  if (type !== MAP_SHARED && type !== MAP_PRIVATE && type !== MAP_SHARED_VALIDATE) return -Errno.EINVAL;
  if (length === 0 || offset < 0 || offset % MAP_PAGE !== 0) return -Errno.EINVAL;
  if ((flags & MAP_ANONYMOUS) !== 0) return allocate(space, addr >>> 0, length, flags, OWNER.anonymous, prot === 0);
  const isShared = type !== MAP_PRIVATE;
  const refused = fileError(context, fd, isShared && (prot & PROT.PROT_WRITE) !== 0);
  if (refused < 0) return refused;
  const address = allocate(space, addr >>> 0, length, flags, isShared ? OWNER.sharedFile : OWNER.privateFile);
  if (address < 0) return address;
  const read = readInto(context, fd, address, length, offset);
  if (read === 0) return address;
  space.unmap(address, length);
  return read;
};

/** Where the caller wants it, if it insists or nothing is there, else anywhere. */
function allocate(
  space: AddressSpace,
  wanted: number,
  length: number,
  flags: number,
  owner: MappingOwner,
  isReserved = false,
): number {
  const keeps = (flags & MAP_FIXED_NOREPLACE) !== 0;
  if (keeps || (flags & MAP_FIXED) !== 0) {
    const placed = space.place(wanted, length, owner, keeps, isReserved);
    return placed < 0 ? placed : wanted;
  }
  const isHint = wanted !== 0 && wanted % MAP_PAGE === 0 && space.isFree(wanted, length);
  if (isHint && space.place(wanted, length, owner, true, isReserved) === 0) return wanted;
  return space.map(length, owner, isReserved);
}

/** Whether a file may be mapped, before anything changes. @returns 0 or −errno */
function fileError(context: CoreContext, fd: number, isWritten: boolean): number {
  const status = context.callRest(WALI_MODULE, 'SYS_fcntl', fd, FCNTL_COMMANDS.F_GETFL, 0);
  if (status < 0) return status;
  if ((status & OPEN_FLAGS.O_PATH) !== 0) return -Errno.EBADF;
  if ((status & ACCESS) === OPEN_FLAGS.O_WRONLY) return -Errno.EACCES;
  if (isWritten) return -((status & ACCESS) === OPEN_FLAGS.O_RDWR ? Errno.ENODEV : Errno.EACCES);
  return 0;
}

/** What is behind the file's end stays zero. @returns 0 or −errno */
function readInto(context: CoreContext, fd: number, address: number, length: number, offset: number): number {
  for (let done = 0; done < length; ) {
    const count = context.callRest(WALI_MODULE, 'SYS_pread64', fd, address + done, length - done, offset + done);
    if (count === 0) break;
    // What has no offset cannot be mapped, nor can a directory.
    if (count < 0) return count === -Errno.ESPIPE || count === -Errno.EISDIR ? -Errno.ENODEV : count;
    done += count;
  }
  return 0;
}

export const SYS_munmap: CoreHandlers['SYS_munmap'] = ({ space }, addr, length) =>
  space.unmap(addr >>> 0, length >>> 0);

export const SYS_mremap: CoreHandlers['SYS_mremap'] = ({ space }, oldAddress, oldSize, newSize, flags, newAddress) => {
  const { MREMAP_MAYMOVE, MREMAP_FIXED } = MREMAP_FLAGS;
  const mayMove = (flags & MREMAP_MAYMOVE) !== 0;
  const isFixed = (flags & MREMAP_FIXED) !== 0;
  if ((flags & ~(MREMAP_MAYMOVE | MREMAP_FIXED)) !== 0 || (isFixed && !mayMove)) return -Errno.EINVAL;
  return space.remap(oldAddress >>> 0, oldSize >>> 0, newSize >>> 0, mayMove, isFixed ? newAddress >>> 0 : undefined);
};

/** The break does not move: allocators then map. */
export const SYS_brk: CoreHandlers['SYS_brk'] = ({ space }) => space.breakAddress;

/** What may not be done with memory cannot be kept from the guest. */
export const SYS_mprotect: CoreHandlers['SYS_mprotect'] = ({ space }, addr, len, prot) => {
  const [address, length] = [addr >>> 0, len >>> 0];
  if (address % MAP_PAGE !== 0 || (prot & ~PROT_ALL) !== 0) return -Errno.EINVAL;
  if (!space.isUsed(address, length)) return -Errno.ENOMEM;
  if ((prot & PROT.PROT_WRITE) !== 0 && space.hasSharedFile(address, length)) return -Errno.EACCES;
  if (prot !== 0) space.touch(address, length);
  return 0;
};

export const SYS_madvise: CoreHandlers['SYS_madvise'] = ({ space }, addr, len, advice) => {
  const [address, length] = [addr >>> 0, len >>> 0];
  if (address % MAP_PAGE !== 0 || !ADVICE.has(advice)) return -Errno.EINVAL;
  if (!space.isUsed(address, length)) return -Errno.ENOMEM;
  if (advice === MADV_DONTNEED) space.discard(address, length);
  return 0;
};

/** Nothing that can be written is a file's. */
export const SYS_msync: CoreHandlers['SYS_msync'] = ({ space }, addr, len, flags) => {
  const { ASYNC, INVALIDATE, SYNC } = MS_FLAGS;
  const both = ASYNC | SYNC;
  if (addr % MAP_PAGE !== 0 || (flags & ~(both | INVALIDATE)) !== 0 || (flags & both) === both) return -Errno.EINVAL;
  return space.isUsed(addr >>> 0, len >>> 0) ? 0 : -Errno.ENOMEM;
};

/** All memory is in memory. */
export const SYS_mincore: CoreHandlers['SYS_mincore'] = ({ space, memory }, addr, len, vector) => {
  const pages = Math.ceil((len >>> 0) / MAP_PAGE);
  if (addr % MAP_PAGE !== 0) return -Errno.EINVAL;
  if (!space.isUsed(addr >>> 0, len >>> 0)) return -Errno.ENOMEM;
  if (!memory.contains(vector, pages)) return -Errno.EFAULT;
  memory.bytes.fill(1, vector >>> 0, (vector >>> 0) + pages);
  return 0;
};

export { lock as SYS_mlock, lock as SYS_munlock };

/** Nothing is ever swapped by us. */
function lock({ space }: CoreContext, addr: number, len: number): number {
  return space.isUsed(addr >>> 0, len >>> 0) ? 0 : -Errno.ENOMEM;
}

export const SYS_mlockall: CoreHandlers['SYS_mlockall'] = (_, flags) =>
  flags === 0 || (flags & ~7) !== 0 || flags === 4 ? -Errno.EINVAL : 0;

export const SYS_munlockall: CoreHandlers['SYS_munlockall'] = () => 0;
