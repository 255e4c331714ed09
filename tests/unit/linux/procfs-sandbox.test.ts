// /proc's magic links and WASI's sandbox: no link of /proc leads a guest out of the directories that it was given, nor to
// what others have open; and what may be looked at without following stays visible.

import { describe, expect, it } from 'vitest';
import type { Fd } from '../../../runtime/abi/types.ts';
import { LOOKUPFLAGS, OFLAGS, RIGHTS } from '../../../runtime/abi/wasi/types.ts';
import { AT, Guest, READ_RIGHTS } from './harness.ts';
import { ask } from './procfs-support.ts';

const FOLLOW = LOOKUPFLAGS.SYMLINK_FOLLOW;

/** A guest that has `/proc` and `/jail` alone, and another process with a secret open. */
function jailed(): { guest: Guest; other: Guest; secret: Fd } {
  const other = new Guest();
  other.mkdir('jail');
  other.mkdir('private');
  const secret = other.fd('private/secret');
  other.write(secret, 'secret');
  const guest = new Guest(
    {
      cwd: '/private',
      preopens: [
        { name: '/jail', path: '/jail' },
        { name: '/proc', path: '/proc' },
      ],
    },
    other.linux,
  );
  return { guest, other, secret };
}

const JAIL = 3;
const PROC = 4;

function open(guest: Guest, directory: number, path: string, oflags = 0, flags: number = FOLLOW): string {
  const rights = (oflags & OFLAGS.DIRECTORY) !== 0 ? BigInt(RIGHTS.FD_READDIR) : READ_RIGHTS;
  return guest.call('path_open', directory, flags, ...guest.text(path), oflags, rights, 0x3fff_ffffn, 0, AT.result);
}

describe('a guest beneath its directories', () => {
  it('opens the files of /proc, and walks through its links by name', () => {
    const { guest } = jailed();
    expect(open(guest, PROC, 'self/status')).toBe('OK');
    expect(open(guest, PROC, 'thread-self/comm')).toBe('OK');
    expect(open(guest, PROC, 'mounts')).toBe('OK');
    expect(open(guest, PROC, 'self/fd', OFLAGS.DIRECTORY)).toBe('OK');
  });

  it.each(['root', 'cwd', 'exe', 'task/1/root', 'fd/3'])('is refused the link %s, whatever it leads to', (name) => {
    const { guest, other } = jailed();
    for (const pid of ['self', '1', `${other.process.pid}`]) {
      const link = `${pid}/${name.replace('task/1', `task/${pid === 'self' ? guest.process.pid : pid}`)}`;
      // Pid 1 has no descriptor 3.
      const refusal = pid === '1' && name === 'fd/3' ? 'ENOENT' : 'ENOTCAPABLE';
      expect(open(guest, PROC, link), link).toBe(refusal);
      expect(open(guest, PROC, link, OFLAGS.DIRECTORY), link).toBe(refusal);
      expect(open(guest, PROC, `${link}/`), link).toBe(refusal);
      expect(open(guest, PROC, `${link}/private/secret`), link).toBe(refusal);
      expect(open(guest, PROC, `${link}/..`), link).toBe(refusal);
      expect(open(guest, PROC, link, OFLAGS.CREAT), link).toBe(refusal);
      expect(open(guest, PROC, link, OFLAGS.CREAT | OFLAGS.EXCL), link).toBe(refusal === 'ENOENT' ? refusal : 'EEXIST');
      expect(guest.call('path_filestat_get', PROC, FOLLOW, ...guest.text(link), AT.result), link).toBe(refusal);
      expect(guest.call('path_filestat_set_times', PROC, FOLLOW, ...guest.text(link), 0n, 0n, 1), link).toBe(refusal);
      expect(
        guest.call('path_link', PROC, FOLLOW, ...guest.text(link), JAIL, ...guest.text('stolen', AT.other)),
        link,
      ).toBe(refusal);
      expect(guest.call('path_create_directory', PROC, ...guest.text(`${link}/new`)), link).toBe(refusal);
    }
  });

  it('is refused what another process, or itself, has open', () => {
    const { guest, other, secret } = jailed();
    expect(open(guest, PROC, `${other.process.pid}/fd/${secret}`)).toBe('ENOTCAPABLE');
    expect(open(guest, PROC, `self/fd/${JAIL}`, OFLAGS.DIRECTORY)).toBe('ENOTCAPABLE');
  });

  it('is refused through a link of its own into /proc', () => {
    const { guest } = jailed();
    const linked = guest.call('path_symlink', ...guest.text('self/root'), PROC, ...guest.text('out', AT.other));
    expect(linked).toBe('ENOENT');
    const whole = new Guest({}, guest.linux);
    whole.symlink('../proc/self/root/private/secret', 'jail/out');
    expect(open(guest, JAIL, 'out')).toBe('ENOTCAPABLE');
    // Even with all of the tree beneath it, as absolute links are.
    expect(whole.open('jail/out', 0, READ_RIGHTS, 0, FOLLOW)).toBe('ENOTCAPABLE');
  });

  it('may look at links that it may not follow', () => {
    const { guest, other, secret } = jailed();
    expect(open(guest, PROC, `self/cwd`, 0, 0)).toBe('ELOOP');
    const path = `${other.process.pid}/fd/${secret}`;
    const read = guest.call('path_readlink', PROC, ...guest.text(path), AT.buffer, 100, AT.result);
    expect(read).toBe('OK');
    expect(guest.string(AT.buffer, guest.u32())).toBe('/private/secret');
  });

  it('finds no directory that it was not given by way of `..`', () => {
    const { guest } = jailed();
    expect(open(guest, PROC, 'self/../..', OFLAGS.DIRECTORY)).toBe('ENOTCAPABLE');
    expect(open(guest, PROC, 'self/fd/../../..', OFLAGS.DIRECTORY)).toBe('ENOTCAPABLE');
    expect(open(guest, PROC, 'self/fd/../..', OFLAGS.DIRECTORY)).toBe('OK');
  });
});

describe('another user', () => {
  it('reads and follows no link of processes that are not its own', () => {
    const root = new Guest();
    const file = root.fd('tmp/file');
    const { pid } = root.process;
    const user = new Guest({ uid: 7, gid: 7 }, root.linux);
    const readlink = (path: string) => user.call('path_readlink', 3, ...user.text(path), AT.buffer, 100, AT.result);
    expect(readlink(`proc/${pid}/cwd`)).toBe('EACCES');
    expect(readlink(`proc/${pid}/exe`)).toBe('EACCES');
    expect(readlink(`proc/${pid}/fd/${file}`)).toBe('EACCES');
    expect(readlink('proc/self/cwd')).toBe('OK');
    for (const name of ['environ', 'maps', 'fd', 'fdinfo/0']) {
      const oflags = name === 'fd' ? OFLAGS.DIRECTORY : 0;
      expect(user.open(`proc/${pid}/${name}`, oflags, READ_RIGHTS), name).toBe('EACCES');
      expect(typeof user.open(`proc/${user.process.pid}/${name}`, oflags, READ_RIGHTS), name).toBe('number');
    }
    for (const name of ['status', 'stat', 'statm', 'cmdline', 'limits', 'mounts', 'comm']) {
      expect(typeof user.open(`proc/${pid}/${name}`, 0, READ_RIGHTS), name).toBe('number');
    }
  });
});

describe('the kernel', () => {
  it('follows links to the files themselves', async () => {
    const { guest, other, secret } = jailed();
    const text = (path: string) => new TextDecoder().decode(ask(guest.linux, 'readFile', path) as Uint8Array);
    const fd = `/proc/${other.process.pid}/fd/${secret}`;
    expect(text(fd)).toBe('secret');
    expect(text(`/proc/${guest.process.pid}/cwd/secret`)).toBe('secret');
    expect(text(`/proc/${guest.process.pid}/root/private/secret`)).toBe('secret');
    expect(text(`/proc/${guest.process.pid}/cwd/../private/secret`)).toBe('secret');
    expect(() => text(`${fd}/`)).toThrow('ENOTDIR');
    expect(() => text(`/proc/${guest.process.pid}/exe`)).toThrow('ENOENT');
    other.path('path_unlink_file', 'private/secret');
    expect(text(fd)).toBe('secret');
    expect(ask(guest.linux, 'readlink', fd)).toBe('/private/secret (deleted)');
  });

  it('follows no more links than 40, magic ones too', () => {
    const { guest } = jailed();
    const times = (count: number) => `${'/proc/self/root'.repeat(count)}/proc/version`;
    // `self` is a link as well.
    expect(ask(guest.linux, 'stat', times(20))).toBeDefined();
    expect(() => ask(guest.linux, 'stat', times(21))).toThrow('ELOOP');
  });
});
