// Every call of Linux's that is served with every descriptor and every pointer made bad in turn: EBADF and EFAULT, and memory and
// descriptors are as before. The cases derive from the rows; what a call needs besides is below.

import { describe, expect, it } from 'vitest';
import { LINUX_ROWS } from '../../../../runtime/abi/linux/rows.ts';
import type { Param, Row } from '../../../../runtime/abi/row.ts';
import { STRUCT_SIZES } from '../../../../runtime/abi/structs.ts';
import { expectSame, PAGE } from '../harness.ts';
import { LinuxGuest, O } from './guest.ts';

const PATTERN = 0x5c;
const ZONE = 2048;
/** Homes whose calls Linux does not serve under any placement. */
const NOT_LINUXES: ReadonlySet<string> = new Set(['core']);
const ENDS: ReadonlySet<string> = new Set(['SYS_exit', 'SYS_exit_group', '__proc_exit']);

const SERVED: readonly Row[] = (LINUX_ROWS as readonly Row[]).filter(
  ({ name, support, home }) => support !== 'none' && !NOT_LINUXES.has(home) && !ENDS.has(name),
);

/** Numbers that a call needs to get as far as its pointers. */
const NEEDS: { readonly [call: string]: { readonly [parameter: string]: number } } = {
  SYS_ioctl: { request: 0x541b },
  SYS_fcntl: { cmd: 1 },
  SYS_poll: { nfds: 1 },
  SYS_ppoll: { nfds: 1, sigsetsize: 8 },
  SYS_select: { nfds: 8 },
  SYS_pselect6: { nfds: 8 },
  SYS_getgroups: { size: 4 },
  SYS_fallocate: { len: 1 },
  SYS_prctl: { option: 16 },
  SYS_flock: { operation: 8 },
  SYS_dup2: { newfd: 40 },
  SYS_dup3: { newfd: 40 },
  SYS_sendfile: { count: 1 },
  SYS_copy_file_range: { len: 1 },
  __get_init_envfile: { bufsize: 64 },
};

/** Calls whose descriptor stands for itself where the path is empty or null: here paths are not. */
const ON_DIRECTORY = /at2?$|^SYS_(fchdir|getdents64|renameat|statx)/;
function prepare(row: Row): { guest: LinuxGuest; args: number[] } {
  const guest = new LinuxGuest({ pages: 2, groups: [1, 2] });
  const file = guest.file('file');
  guest.put(file, 'contents');
  const other = guest.file('other');
  const directory = guest.file('.', O.RDONLY | O.DIRECTORY);
  guest.must('symlink', guest.text0('target'), guest.text0('pathname-link', 8192));
  guest.memory.bytes.fill(PATTERN);
  let zone = 4096;
  let fds = 0;
  const needs = NEEDS[row.name] ?? {};
  const args = row.params.map((param): number => {
    const needed = needs[param.name];
    if (needed !== undefined) return needed;
    switch (param.kind) {
      case 'fd':
        return ON_DIRECTORY.test(row.name) ? directory : fds++ === 0 ? file : other;
      case 'ptr':
        zone += ZONE;
        fill(guest, row, param, zone);
        return zone;
      case 'size':
        return /iov/.test(param.name) ? 1 : 64;
      default:
        return 0;
    }
  });
  return { guest, args };
}

/** Puts valid contents where a pointer parameter points. */
function fill(guest: LinuxGuest, row: Row, { name, to, direction }: Param, zone: number): void {
  const { memory } = guest;
  if (to === 'iovec' || to === 'ciovec') {
    memory.writeU32(zone, zone + 64);
    memory.writeU32(zone + 4, 8);
  } else if (to === 'string') {
    // readlink wants a link, what makes names a name that is free, chdir and rmdir a directory.
    const isLink = row.name.startsWith('SYS_readlink');
    const isNew = /path$/.test(name) && name !== 'oldpath';
    guest.text0(isLink ? 'pathname-link' : isNew ? 'new' : name === 'oldpath' ? 'file' : '.', zone);
  } else if (direction === 'in' || to === 'pollfd' || to === 'off' || to === 'timespec' || to === 'timeval') {
    memory.bytes.fill(0, zone, zone + 2 * STRUCT_SIZES[to ?? 'u8']);
  } else if (to === 'fd_set') {
    memory.bytes.fill(0, zone, zone + 8);
  }
}

const WITH_FD = SERVED.flatMap((row) =>
  row.params.flatMap((param, index) => (param.kind === 'fd' ? [{ row, param, index }] : [])),
);
const WITH_POINTER = SERVED.flatMap((row) =>
  row.params.flatMap((param, index) => (param.kind === 'ptr' ? [{ row, param, index }] : [])),
);

describe('a bad descriptor', () => {
  for (const { row, param, index } of WITH_FD) {
    it(`is EBADF in ${row.name}, ${param.name}`, () => {
      for (const bad of [4096, 99, -1, 0x7fff_ffff]) {
        const { guest, args } = prepare(row);
        args[index] = bad;
        const before = guest.memory.copyOut(0, 2 * PAGE);
        const { descriptors } = guest;
        expect([bad, guest.sys(row.name, ...args)]).toEqual([bad, 'EBADF']);
        expectSame(guest.memory.copyOut(0, 2 * PAGE), before);
        expect(guest.descriptors).toEqual(descriptors);
      }
    });
  }
});

describe('a bad pointer', () => {
  for (const { row, param, index } of WITH_POINTER) {
    it(`is EFAULT in ${row.name}, ${param.name}`, () => {
      for (const bad of [0xffff_ffff, 2 * PAGE]) {
        const { guest, args } = prepare(row);
        args[index] = bad;
        const before = guest.memory.copyOut(0, 2 * PAGE);
        const { descriptors } = guest;
        expect([bad, guest.sys(row.name, ...args)]).toEqual([bad, 'EFAULT']);
        expectSame(guest.memory.copyOut(0, 2 * PAGE), before);
        expect(guest.descriptors).toEqual(descriptors);
      }
    });

    // What a call writes as much as there is of, it writes there; a text ends where it ends.
    if (param.to === undefined || param.to === 'string' || STRUCT_SIZES[param.to] === 1) continue;
    it(`is EFAULT in ${row.name}, when only the last byte of ${param.name} is outside`, () => {
      const { guest, args } = prepare(row);
      args[index] = 2 * PAGE - STRUCT_SIZES[param.to as 'int'] + 1;
      expect(guest.sys(row.name, ...args)).toBe('EFAULT');
    });
  }
});

describe('a path', () => {
  const WITH_PATH = WITH_POINTER.filter(({ param }) => param.to === 'string');

  it('that does not end in the memory is EFAULT, one of 4096 bytes ENAMETOOLONG', () => {
    for (const { row, index } of WITH_PATH) {
      const { guest, args } = prepare(row);
      guest.memory.bytes.fill(97, PAGE);
      const short = 2 * PAGE - 100;
      expect([row.name, guest.sys(row.name, ...args.with(index, short))]).toEqual([row.name, 'EFAULT']);
      expect([row.name, guest.sys(row.name, ...args.with(index, PAGE))]).toEqual([row.name, 'ENAMETOOLONG']);
    }
  });

  it('that is empty is ENOENT', () => {
    for (const { row, index } of WITH_PATH) {
      const { guest, args } = prepare(row);
      const empty = guest.text0('', 100);
      expect([row.name, guest.sys(row.name, ...args.with(index, empty))]).toEqual([row.name, 'ENOENT']);
    }
  });
});
