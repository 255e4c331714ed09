// The rows of WASI preview 1: all 46 calls, in the order and with the parameters of its specification, lowered as wasi-libc
// imports them: a string or list is (address, length), a returned value is an address that the call writes. Only the
// table; constants are in wasi-types.ts. Read through table.ts. Errors are those that our personalities return; what a
// mounted host directory passes on besides is said once in the manual.
// See: WASI preview 1 witx, `wasi_snapshot_preview1` and `typenames`.

import type { Abi, Row } from '../row.ts';
import { wasiErrnoOf } from './errno.ts';

const MODULE = 'wasi_snapshot_preview1';

// Parameters that many rows share.
const FD = { name: 'fd', kind: 'fd' } as const;
const LOOKUP_FLAGS = { name: 'flags', kind: 'u32', type: 'lookupflags' } as const;
const ATIM = { name: 'atim', kind: 'u64', type: 'timestamp' } as const;
const MTIM = { name: 'mtim', kind: 'u64', type: 'timestamp' } as const;
const FST_FLAGS = { name: 'fst_flags', kind: 'u32', type: 'fstflags' } as const;
const IOVS = [
  { name: 'iovs', kind: 'ptr', to: 'iovec', direction: 'in', count: 'iovs_len' },
  { name: 'iovs_len', kind: 'size' },
] as const;
const CIOVS = [
  { name: 'iovs', kind: 'ptr', to: 'ciovec', direction: 'in', count: 'iovs_len' },
  { name: 'iovs_len', kind: 'size' },
] as const;
const PATH = [
  { name: 'path', kind: 'ptr', to: 'char', direction: 'in', count: 'path_len' },
  { name: 'path_len', kind: 'size' },
] as const;
const OLD_PATH = [
  { name: 'old_path', kind: 'ptr', to: 'char', direction: 'in', count: 'old_path_len' },
  { name: 'old_path_len', kind: 'size' },
] as const;
const NEW_PATH = [
  { name: 'new_path', kind: 'ptr', to: 'char', direction: 'in', count: 'new_path_len' },
  { name: 'new_path_len', kind: 'size' },
] as const;
const NREAD = { name: 'nread', kind: 'ptr', to: 'size', direction: 'out' } as const;
const NWRITTEN = { name: 'nwritten', kind: 'ptr', to: 'size', direction: 'out' } as const;
const FILE_OFFSET = { name: 'offset', kind: 'u64', type: 'filesize' } as const;

// Errors that many rows share.
const FAULT = { EFAULT: 'a pointer, or the range that begins there, is outside the memory' } as const;
const BAD_FD = { EBADF: 'the descriptor is not open' } as const;
const ON_FD = { ...BAD_FD, ENOTCAPABLE: 'the descriptor lacks the right for this call' } as const;
const ON_IOVECS = {
  ...FAULT,
  EINVAL: 'more than 1024 buffers, or more than 2^31 - 1 bytes in all',
} as const;
const AT_OFFSET = {
  ...FAULT,
  EINVAL: 'more than 1024 buffers, more than 2^31 - 1 bytes in all, or the offset is 2^63 or more',
  ESPIPE: 'a pipe, terminal or other stream has no offset',
} as const;
const WALK = {
  ...FAULT,
  EBADF: 'the directory descriptor is not open',
  EACCES: 'a directory on the way may not be searched, or the permission for the operation is missing',
  EINVAL: 'the path holds a NUL byte',
  ELOOP: 'more than 40 symbolic links on the way',
  ENAMETOOLONG: 'the path is longer than 4096 bytes, or one name longer than 255',
  ENOENT: 'a name does not exist, or the path is empty',
  ENOTCAPABLE: 'the path is absolute or leads out of the directory, or the descriptor lacks the right for this call',
  ENOTDIR: 'the descriptor or a name on the way is not a directory',
} as const;
const WALK_FLAGS = { ...WALK, EINVAL: 'the path holds a NUL byte, or a flag is unknown' } as const;
const CHANGE = {
  EROFS: 'the file system is mounted read-only',
} as const;
const ADD_NAME = {
  ...CHANGE,
  EEXIST: 'the new name exists',
  ENOSPC: 'the file system is full',
} as const;
const REMOVE_NAME = {
  ...CHANGE,
  EBUSY: 'a file system is mounted there',
  EPERM: "the directory is sticky and neither it nor the entry is the caller's",
} as const;
const NOT_A_SOCKET = {
  ...ON_FD,
  ENOTSOCK: 'the descriptor is not a socket',
} as const;
const NO_SOCKETS = 'Nothing makes a socket yet, so every open descriptor is refused.';

/** What a row does not say of itself. */
const CALL = { module: MODULE, result: 'errno', blocks: false, support: 'full' } as const;

export const WASI_ROWS = [
  {
    ...CALL,
    name: 'args_get',
    number: 1,
    home: 'cnk',
    summary:
      "Stores the program's arguments, each ended by NUL, one after another in a buffer, and their addresses in an array. args_sizes_get tells how many elements and bytes both must hold.",
    params: [
      { name: 'argv', kind: 'ptr', to: 'pointer', direction: 'out' },
      { name: 'argv_buf', kind: 'ptr', to: 'u8', direction: 'out' },
    ],
    errors: FAULT,
  },
  {
    ...CALL,
    name: 'args_sizes_get',
    number: 2,
    home: 'cnk',
    summary: 'Tells how many arguments there are and how many bytes they take with their NULs.',
    params: [
      { name: 'argc', kind: 'ptr', to: 'size', direction: 'out' },
      { name: 'argv_buf_size', kind: 'ptr', to: 'size', direction: 'out' },
    ],
    errors: FAULT,
  },
  {
    ...CALL,
    name: 'environ_get',
    number: 3,
    home: 'cnk',
    summary:
      'Stores the environment as NAME=VALUE strings, each ended by NUL, one after another in a buffer, and their addresses in an array. environ_sizes_get tells how many elements and bytes both must hold.',
    params: [
      { name: 'environ', kind: 'ptr', to: 'pointer', direction: 'out' },
      { name: 'environ_buf', kind: 'ptr', to: 'u8', direction: 'out' },
    ],
    errors: FAULT,
  },
  {
    ...CALL,
    name: 'environ_sizes_get',
    number: 4,
    home: 'cnk',
    summary: 'Tells how many environment variables there are and how many bytes they take with their NULs.',
    params: [
      { name: 'environc', kind: 'ptr', to: 'size', direction: 'out' },
      { name: 'environ_buf_size', kind: 'ptr', to: 'size', direction: 'out' },
    ],
    errors: FAULT,
  },
  {
    ...CALL,
    name: 'clock_res_get',
    number: 5,
    home: 'cnk',
    summary: 'Tells the resolution of a clock in nanoseconds.',
    params: [
      { name: 'id', kind: 'u32', type: 'clockid' },
      { name: 'resolution', kind: 'ptr', to: 'timestamp', direction: 'out' },
    ],
    errors: { ...FAULT, EINVAL: 'there is no such clock' },
  },
  {
    ...CALL,
    name: 'clock_time_get',
    number: 6,
    home: 'cnk',
    summary: 'Tells the time of a clock in nanoseconds.',
    params: [
      { name: 'id', kind: 'u32', type: 'clockid' },
      { name: 'precision', kind: 'u64', type: 'timestamp' },
      { name: 'time', kind: 'ptr', to: 'timestamp', direction: 'out' },
    ],
    errors: { ...FAULT, EINVAL: 'there is no such clock' },
    support: 'partial',
    note: 'The precision asked for is ignored: the best one is given. The clocks of processor time run as the monotonic clock does, waits included: no host tells what a worker used.',
  },
  {
    ...CALL,
    name: 'fd_advise',
    number: 7,
    home: 'fd',
    summary: 'Takes advice on how a part of a file will be used.',
    params: [
      FD,
      FILE_OFFSET,
      { name: 'len', kind: 'u64', type: 'filesize' },
      { name: 'advice', kind: 'u32', type: 'advice' },
    ],
    errors: {
      ...ON_FD,
      EINVAL: 'the advice is unknown, or the offset or length is 2^63 or more',
      ESPIPE: 'a pipe, terminal or other stream has no offset',
    },
    note: 'Advice changes nothing: files are in memory.',
  },
  {
    ...CALL,
    name: 'fd_allocate',
    number: 8,
    home: 'fd',
    summary: 'Makes sure that a part of a file has room, so that later writes there do not fail for want of it.',
    params: [FD, FILE_OFFSET, { name: 'len', kind: 'u64', type: 'filesize' }],
    errors: {
      ...ON_FD,
      EFBIG: 'the end of the part is beyond the largest file',
      EINVAL: 'the length is zero, or the offset or length is 2^63 or more',
      ENODEV: 'not a regular file',
      ENOSPC: 'the file system is full',
      ESPIPE: 'a pipe, terminal or other stream has no offset',
    },
  },
  {
    ...CALL,
    name: 'fd_close',
    number: 9,
    home: 'fd',
    summary: 'Closes a descriptor; its number is free again.',
    params: [FD],
    errors: BAD_FD,
  },
  {
    ...CALL,
    name: 'fd_datasync',
    number: 10,
    home: 'fd',
    summary: 'Brings the bytes of a file to its storage.',
    params: [FD],
    errors: { ...ON_FD, EINVAL: 'a pipe, terminal or other stream cannot be synchronised', EIO: 'the storage failed' },
  },
  {
    ...CALL,
    name: 'fd_fdstat_get',
    number: 11,
    home: 'fd',
    summary: 'Tells the file type, flags and rights of a descriptor.',
    params: [FD, { name: 'stat', kind: 'ptr', to: 'fdstat', direction: 'out' }],
    errors: { ...FAULT, ...BAD_FD },
    note: "CNK answers for Linux's descriptors too, from the process's descriptor table; a descriptor that the table does not tell, such as one that is not open, is Linux's to answer.",
  },
  {
    ...CALL,
    name: 'fd_fdstat_set_flags',
    number: 12,
    home: 'fd',
    summary: 'Sets the flags of an open file description.',
    params: [FD, { name: 'flags', kind: 'u32', type: 'fdflags' }],
    errors: { ...ON_FD, EINVAL: 'a flag is unknown' },
  },
  {
    ...CALL,
    name: 'fd_fdstat_set_rights',
    number: 13,
    home: 'fd',
    summary: 'Gives up rights of a descriptor; none can be added.',
    params: [
      FD,
      { name: 'fs_rights_base', kind: 'u64', type: 'rights' },
      { name: 'fs_rights_inheriting', kind: 'u64', type: 'rights' },
    ],
    errors: { ...BAD_FD, ENOTCAPABLE: 'the descriptor lacks a right that was asked for' },
  },
  {
    ...CALL,
    name: 'fd_filestat_get',
    number: 14,
    home: 'fd',
    summary: 'Tells the attributes of an open file.',
    params: [FD, { name: 'buf', kind: 'ptr', to: 'filestat', direction: 'out' }],
    errors: { ...FAULT, ...ON_FD },
  },
  {
    ...CALL,
    name: 'fd_filestat_set_size',
    number: 15,
    home: 'fd',
    summary: 'Cuts or lengthens an open file; what is added reads as zeros.',
    params: [FD, { name: 'size', kind: 'u64', type: 'filesize' }],
    errors: {
      ...ON_FD,
      EFBIG: 'the size is beyond the largest file',
      EINVAL: 'not a regular file, not open for writing, or the size is 2^63 or more',
    },
  },
  {
    ...CALL,
    name: 'fd_filestat_set_times',
    number: 16,
    home: 'fd',
    summary: 'Sets the times of last access and modification of an open file.',
    params: [FD, ATIM, MTIM, FST_FLAGS],
    errors: {
      ...ON_FD,
      ...CHANGE,
      EACCES: 'the present time may be set by the owner or a writer only',
      EINVAL: 'a flag is unknown, or a time is to be set to both the given and the present one',
      EPERM: 'another time may be set by the owner only',
    },
  },
  {
    ...CALL,
    name: 'fd_pread',
    number: 17,
    home: 'fd',
    summary: "Reads into buffers from a given offset of a file; the descriptor's own offset stays.",
    params: [FD, ...IOVS, FILE_OFFSET, NREAD],
    errors: {
      ...ON_FD,
      ...AT_OFFSET,
      EBADF: 'the descriptor is not open, or not for reading',
      EISDIR: 'a directory',
    },
  },
  {
    ...CALL,
    name: 'fd_prestat_get',
    number: 18,
    home: 'fd',
    summary: 'Tells what kind of preopened descriptor this is and how long its name is.',
    params: [FD, { name: 'buf', kind: 'ptr', to: 'prestat', direction: 'out' }],
    errors: { ...FAULT, EBADF: 'the descriptor is not open, or was not opened before the program began' },
  },
  {
    ...CALL,
    name: 'fd_prestat_dir_name',
    number: 19,
    home: 'fd',
    summary: 'Stores the name of a preopened directory, without a NUL. fd_prestat_get tells its length.',
    params: [
      FD,
      { name: 'path', kind: 'ptr', to: 'char', direction: 'out', count: 'path_len' },
      { name: 'path_len', kind: 'size' },
    ],
    errors: {
      ...FAULT,
      EBADF: 'the descriptor is not open, or was not opened before the program began',
      ENAMETOOLONG: 'the name is longer than the buffer',
    },
  },
  {
    ...CALL,
    name: 'fd_pwrite',
    number: 20,
    home: 'fd',
    summary: "Writes buffers at a given offset of a file; the descriptor's own offset stays.",
    params: [FD, ...CIOVS, FILE_OFFSET, NWRITTEN],
    errors: {
      ...ON_FD,
      ...AT_OFFSET,
      EBADF: 'the descriptor is not open, or not for writing',
      EFBIG: 'the offset is beyond the largest file',
      ENOSPC: 'the file system is full',
    },
  },
  {
    ...CALL,
    name: 'fd_read',
    number: 21,
    home: 'fd',
    summary: "Reads into buffers from the descriptor's offset and moves it. No bytes read means the end of the file.",
    params: [FD, ...IOVS, NREAD],
    errors: {
      ...ON_FD,
      ...ON_IOVECS,
      EAGAIN: 'a non-blocking stream has no bytes now',
      EBADF: 'the descriptor is not open, or not for reading',
      EISDIR: 'a directory',
    },
    blocks: true,
  },
  {
    ...CALL,
    name: 'fd_readdir',
    number: 22,
    home: 'fd',
    summary:
      'Stores entries of a directory, each a dirent and its name, from a cookie on. The last one may be cut; fewer bytes than the buffer holds mean the end of the directory.',
    params: [
      FD,
      { name: 'buf', kind: 'ptr', to: 'u8', direction: 'out', count: 'buf_len' },
      { name: 'buf_len', kind: 'size' },
      { name: 'cookie', kind: 'u64', type: 'dircookie' },
      { name: 'bufused', kind: 'ptr', to: 'size', direction: 'out' },
    ],
    errors: {
      ...FAULT,
      ...ON_FD,
      EINVAL: 'the cookie was not given by an entry of this directory',
      ENOTDIR: 'not a directory',
    },
  },
  {
    ...CALL,
    name: 'fd_renumber',
    number: 23,
    // Not `fd`: two descriptors, perhaps of two owners, change at once, and Linux keeps the table that both stand in.
    home: 'linux',
    summary: 'Closes the second descriptor and gives its number to the first, in one step.',
    params: [FD, { name: 'to', kind: 'fd' }],
    errors: { EBADF: 'one of the descriptors is not open' },
  },
  {
    ...CALL,
    name: 'fd_seek',
    number: 24,
    home: 'fd',
    summary: 'Moves the offset of a descriptor and tells the new one.',
    params: [
      FD,
      { name: 'offset', kind: 's64', type: 'filedelta' },
      { name: 'whence', kind: 'u32', type: 'whence' },
      { name: 'newoffset', kind: 'ptr', to: 'filesize', direction: 'out' },
    ],
    errors: {
      ...FAULT,
      ...BAD_FD,
      EINVAL: 'the base is unknown, or the new offset would be negative or beyond the largest file',
      ENOTCAPABLE: 'a directory, or the descriptor lacks the right for this call',
      ESPIPE: 'a pipe, terminal or other stream has no offset',
    },
  },
  {
    ...CALL,
    name: 'fd_sync',
    number: 25,
    home: 'fd',
    summary: 'Brings the bytes and attributes of a file to its storage.',
    params: [FD],
    errors: { ...ON_FD, EINVAL: 'a pipe, terminal or other stream cannot be synchronised', EIO: 'the storage failed' },
  },
  {
    ...CALL,
    name: 'fd_tell',
    number: 26,
    home: 'fd',
    summary: 'Tells the offset of a descriptor.',
    params: [FD, { name: 'offset', kind: 'ptr', to: 'filesize', direction: 'out' }],
    errors: {
      ...FAULT,
      ...BAD_FD,
      ENOTCAPABLE: 'a directory, or the descriptor lacks the right for this call',
      ESPIPE: 'a pipe, terminal or other stream has no offset',
    },
  },
  {
    ...CALL,
    name: 'fd_write',
    number: 27,
    home: 'fd',
    summary: "Writes buffers at the descriptor's offset, or at the end in append mode, and moves it.",
    params: [FD, ...CIOVS, NWRITTEN],
    errors: {
      ...ON_FD,
      ...ON_IOVECS,
      EAGAIN: 'a non-blocking stream has no room now',
      EBADF: 'the descriptor is not open, or not for writing',
      EFBIG: 'the offset is beyond the largest file',
      ENOSPC: 'the file system is full',
      EPIPE: 'nobody reads the stream any more',
    },
    blocks: true,
  },
  {
    ...CALL,
    name: 'path_create_directory',
    number: 28,
    home: 'linux',
    summary: 'Creates a directory.',
    params: [FD, ...PATH],
    errors: { ...WALK, ...ADD_NAME },
  },
  {
    ...CALL,
    name: 'path_filestat_get',
    number: 29,
    home: 'linux',
    summary: 'Tells the attributes of a file.',
    params: [FD, LOOKUP_FLAGS, ...PATH, { name: 'buf', kind: 'ptr', to: 'filestat', direction: 'out' }],
    errors: WALK_FLAGS,
  },
  {
    ...CALL,
    name: 'path_filestat_set_times',
    number: 30,
    home: 'linux',
    summary: 'Sets the times of last access and modification of a file.',
    params: [FD, LOOKUP_FLAGS, ...PATH, ATIM, MTIM, FST_FLAGS],
    errors: {
      ...WALK,
      ...CHANGE,
      EINVAL:
        'the path holds a NUL byte, a flag is unknown, or a time is to be set to both the given and the present one',
      EPERM: 'a time other than the present one may be set by the owner only',
    },
  },
  {
    ...CALL,
    name: 'path_link',
    number: 31,
    home: 'linux',
    summary: 'Gives a file another name (a hard link).',
    params: [
      { name: 'old_fd', kind: 'fd' },
      { name: 'old_flags', kind: 'u32', type: 'lookupflags' },
      ...OLD_PATH,
      { name: 'new_fd', kind: 'fd' },
      ...NEW_PATH,
    ],
    errors: {
      ...WALK_FLAGS,
      ...ADD_NAME,
      EPERM: 'the file is a directory',
      EXDEV: 'the names are on different file systems',
    },
  },
  {
    ...CALL,
    name: 'path_open',
    number: 32,
    home: 'linux',
    summary: 'Opens a file or directory, creating or emptying it if asked, and gives the lowest free descriptor.',
    params: [
      FD,
      { name: 'dirflags', kind: 'u32', type: 'lookupflags' },
      ...PATH,
      { name: 'oflags', kind: 'u32', type: 'oflags' },
      { name: 'fs_rights_base', kind: 'u64', type: 'rights' },
      { name: 'fs_rights_inheriting', kind: 'u64', type: 'rights' },
      { name: 'fdflags', kind: 'u32', type: 'fdflags' },
      { name: 'opened_fd', kind: 'ptr', to: 'fd', direction: 'out' },
    ],
    errors: {
      ...WALK_FLAGS,
      ...CHANGE,
      EEXIST: 'the file exists and was to be created exclusively',
      EISDIR: 'a directory was to be written or emptied',
      ELOOP: 'more than 40 symbolic links on the way, or the last name is one and links are not to be followed',
      EMFILE: 'the process has no free descriptor',
      ENOSPC: 'the file system is full',
      ENXIO: 'a mounted host directory has something other than a file or directory there',
    },
  },
  {
    ...CALL,
    name: 'path_readlink',
    number: 33,
    home: 'linux',
    summary: 'Stores the contents of a symbolic link, without a NUL, cut to the buffer.',
    params: [
      FD,
      ...PATH,
      { name: 'buf', kind: 'ptr', to: 'u8', direction: 'out', count: 'buf_len' },
      { name: 'buf_len', kind: 'size' },
      { name: 'bufused', kind: 'ptr', to: 'size', direction: 'out' },
    ],
    errors: { ...WALK, EINVAL: 'the path holds a NUL byte, or the file is not a symbolic link' },
  },
  {
    ...CALL,
    name: 'path_remove_directory',
    number: 34,
    home: 'linux',
    summary: 'Removes an empty directory.',
    params: [FD, ...PATH],
    errors: {
      ...WALK,
      ...REMOVE_NAME,
      EINVAL: 'the path holds a NUL byte, or its last name is `.`',
      ENOTEMPTY: 'the directory is not empty, or the last name is `..`',
    },
  },
  {
    ...CALL,
    name: 'path_rename',
    number: 35,
    home: 'linux',
    summary: 'Renames a file or directory and replaces what had the new name, in one step.',
    params: [FD, ...OLD_PATH, { name: 'new_fd', kind: 'fd' }, ...NEW_PATH],
    errors: {
      ...WALK,
      ...REMOVE_NAME,
      EBUSY: 'a file system is mounted there, or the last name is `.` or `..`',
      EINVAL: 'the path holds a NUL byte, or a directory was to move into itself',
      EISDIR: 'the new name is a directory and the old one is not',
      ENOSPC: 'the file system is full',
      ENOTDIR:
        'a descriptor or a name on the way is not a directory, or the old name is a directory and the new one is not',
      ENOTEMPTY: 'the new name is a directory that is not empty',
      EXDEV: 'the names are on different file systems',
    },
  },
  {
    ...CALL,
    name: 'path_symlink',
    number: 36,
    home: 'linux',
    summary: 'Creates a symbolic link with the given contents, which need not name a file.',
    params: [...OLD_PATH, FD, ...NEW_PATH],
    errors: { ...WALK, ...ADD_NAME },
  },
  {
    ...CALL,
    name: 'path_unlink_file',
    number: 37,
    home: 'linux',
    summary: 'Removes a name of a file; the file goes with its last name and its last open descriptor.',
    params: [FD, ...PATH],
    errors: { ...WALK, ...REMOVE_NAME, EISDIR: 'a directory' },
  },
  {
    ...CALL,
    name: 'poll_oneoff',
    number: 38,
    home: 'cnk',
    summary:
      'Waits until one of several events has occurred: a clock has reached a time, a descriptor can be read or written. An error of one subscription, such as EBADF, is in its event.',
    params: [
      { name: 'in', kind: 'ptr', to: 'subscription', direction: 'in', count: 'nsubscriptions' },
      { name: 'out', kind: 'ptr', to: 'event', direction: 'out', count: 'nsubscriptions' },
      { name: 'nsubscriptions', kind: 'size' },
      { name: 'nevents', kind: 'ptr', to: 'size', direction: 'out' },
    ],
    errors: { ...FAULT, EINVAL: 'no subscription, more than 1024, or an unknown type of event' },
    blocks: true,
    note: 'CNK waits for clocks; with a descriptor among the subscriptions it ships the call to Linux.',
  },
  {
    module: MODULE,
    name: 'proc_exit',
    number: 39,
    home: 'cnk',
    summary: 'Ends the process, all its threads, with an exit status.',
    params: [{ name: 'rval', kind: 'u32', type: 'exitcode' }],
    result: 'never',
    errors: {},
    blocks: false,
    support: 'full',
  },
  {
    ...CALL,
    name: 'proc_raise',
    number: 40,
    home: 'cnk',
    summary: 'Sends a signal to the calling process.',
    params: [{ name: 'sig', kind: 'u32', type: 'signal' }],
    errors: { EINVAL: 'there is no such signal' },
    support: 'partial',
    note: 'The default action is taken: a signal that ends a process ends it; one that is ignored, stops or continues does nothing.',
  },
  {
    ...CALL,
    name: 'sched_yield',
    number: 41,
    home: 'cnk',
    summary: 'Lets other threads of the core run first.',
    params: [],
    errors: {},
    note: 'A core runs one thread. When more threads of the process want to run than the host has processors, one call in 16 sleeps 50 µs; else it returns at once.',
  },
  {
    ...CALL,
    name: 'random_get',
    number: 42,
    home: 'cnk',
    summary: 'Fills a buffer with random bytes fit for cryptography.',
    params: [
      { name: 'buf', kind: 'ptr', to: 'u8', direction: 'out', count: 'buf_len' },
      { name: 'buf_len', kind: 'size' },
    ],
    errors: FAULT,
  },
  {
    ...CALL,
    name: 'sock_accept',
    number: 43,
    home: 'fd',
    summary: 'Takes a connection from a listening socket and gives a descriptor for it.',
    params: [
      FD,
      { name: 'flags', kind: 'u32', type: 'fdflags' },
      { name: 'new_fd', kind: 'ptr', to: 'fd', direction: 'out' },
    ],
    errors: NOT_A_SOCKET,
    support: 'none',
    note: NO_SOCKETS,
  },
  {
    ...CALL,
    name: 'sock_recv',
    number: 44,
    home: 'fd',
    summary: 'Receives a message from a socket into buffers.',
    params: [
      FD,
      { name: 'ri_data', kind: 'ptr', to: 'iovec', direction: 'in', count: 'ri_data_len' },
      { name: 'ri_data_len', kind: 'size' },
      { name: 'ri_flags', kind: 'u32', type: 'riflags' },
      { name: 'ro_datalen', kind: 'ptr', to: 'size', direction: 'out' },
      { name: 'ro_flags', kind: 'ptr', to: 'roflags', direction: 'out' },
    ],
    errors: NOT_A_SOCKET,
    support: 'none',
    note: NO_SOCKETS,
  },
  {
    ...CALL,
    name: 'sock_send',
    number: 45,
    home: 'fd',
    summary: 'Sends a message from buffers on a socket.',
    params: [
      FD,
      { name: 'si_data', kind: 'ptr', to: 'ciovec', direction: 'in', count: 'si_data_len' },
      { name: 'si_data_len', kind: 'size' },
      { name: 'si_flags', kind: 'u32', type: 'siflags' },
      { name: 'so_datalen', kind: 'ptr', to: 'size', direction: 'out' },
    ],
    errors: NOT_A_SOCKET,
    support: 'none',
    note: NO_SOCKETS,
  },
  {
    ...CALL,
    name: 'sock_shutdown',
    number: 46,
    home: 'fd',
    summary: 'Ends receiving, sending, or both on a socket.',
    params: [FD, { name: 'how', kind: 'u32', type: 'sdflags' }],
    errors: NOT_A_SOCKET,
    support: 'none',
    note: NO_SOCKETS,
  },
] as const satisfies readonly Row[];

export const WASI: Abi = { rows: WASI_ROWS, encodeError: wasiErrnoOf };
