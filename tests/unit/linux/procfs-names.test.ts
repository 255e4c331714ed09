// What /proc/PID/fd and cwd call open files while names come and go. Each story is told twice: to the host's kernel by
// node:fs, and to ours; both must show the same.

import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { OFLAGS } from '../../../runtime/abi/wasi/types.ts';
import { Guest, Pipe } from './harness.ts';
import { ask } from './procfs-support.ts';

/** One world in which a story is told. Paths are relative to its top. */
interface World {
  open(path: string): number;
  openDirectory(path: string): number;
  rename(from: string, to: string): void;
  link(from: string, to: string): void;
  unlink(path: string): void;
  mkdir(path: string): void;
  rmdir(path: string): void;
  close(fd: number): void;
  /** What the descriptor's link says, without the world's top. */
  shows(fd: number): string;
}

class HostWorld implements World {
  readonly #top = fs.mkdtempSync(join(fs.realpathSync(tmpdir()), 'fusedos-names-'));
  readonly #open = new Set<number>();
  #at(path: string): string {
    return join(this.#top, path);
  }
  open(path: string): number {
    const fd = fs.openSync(this.#at(path), 'a+');
    this.#open.add(fd);
    return fd;
  }
  openDirectory(path: string): number {
    const fd = fs.openSync(this.#at(path), 'r');
    this.#open.add(fd);
    return fd;
  }
  rename(from: string, to: string): void {
    fs.renameSync(this.#at(from), this.#at(to));
  }
  link(from: string, to: string): void {
    fs.linkSync(this.#at(from), this.#at(to));
  }
  unlink(path: string): void {
    fs.unlinkSync(this.#at(path));
  }
  mkdir(path: string): void {
    fs.mkdirSync(this.#at(path));
  }
  rmdir(path: string): void {
    fs.rmdirSync(this.#at(path));
  }
  close(fd: number): void {
    fs.closeSync(fd);
    this.#open.delete(fd);
  }
  shows(fd: number): string {
    return fs.readlinkSync(`/proc/self/fd/${fd}`).replace(`${this.#top}/`, '');
  }
  dispose(): void {
    for (const fd of this.#open) fs.closeSync(fd);
    fs.rmSync(this.#top, { recursive: true });
  }
}

class GuestWorld implements World {
  readonly guest = new Guest();
  #must(result: string): void {
    if (result !== 'OK') throw new Error(result);
  }
  open(path: string): number {
    return this.guest.fd(`tmp/${path}`);
  }
  openDirectory(path: string): number {
    return this.guest.fd(`tmp/${path}`, OFLAGS.DIRECTORY);
  }
  rename(from: string, to: string): void {
    this.#must(this.guest.rename(`tmp/${from}`, `tmp/${to}`));
  }
  link(from: string, to: string): void {
    this.#must(this.guest.link(`tmp/${from}`, `tmp/${to}`));
  }
  unlink(path: string): void {
    this.#must(this.guest.path('path_unlink_file', `tmp/${path}`));
  }
  mkdir(path: string): void {
    this.#must(this.guest.mkdir(`tmp/${path}`));
  }
  rmdir(path: string): void {
    this.#must(this.guest.path('path_remove_directory', `tmp/${path}`));
  }
  close(fd: number): void {
    this.#must(this.guest.call('fd_close', fd));
  }
  shows(fd: number): string {
    const { linux, process } = this.guest;
    return (ask(linux, 'readlink', `/proc/${process.pid}/fd/${fd}`) as string).replace('/tmp/', '');
  }
}

/** Each tells what was shown on its way. */
const STORIES: Record<string, (world: World) => string[]> = {
  'a file that is renamed': (world) => {
    const fd = world.open('a');
    const shown = [world.shows(fd)];
    world.rename('a', 'b');
    world.mkdir('d');
    shown.push(world.shows(fd));
    world.rename('b', 'd/c');
    return [...shown, world.shows(fd)];
  },
  'a file that is removed': (world) => {
    const fd = world.open('a');
    world.unlink('a');
    const shown = [world.shows(fd)];
    const other = world.open('a');
    return [...shown, world.shows(fd), world.shows(other)];
  },
  'a name of two that is removed, then comes back': (world) => {
    const fd = world.open('a');
    world.link('a', 'b');
    const second = world.open('b');
    world.unlink('a');
    const shown = [world.shows(fd), world.shows(second)];
    world.link('b', 'a');
    return [...shown, world.shows(fd), world.shows(world.open('a')), world.shows(second)];
  },
  'two names of one file, each renamed': (world) => {
    const first = world.open('a');
    world.link('a', 'b');
    const second = world.open('b');
    world.rename('a', 'c');
    world.rename('b', 'd');
    return [world.shows(first), world.shows(second)];
  },
  'a file that another takes the place of': (world) => {
    const old = world.open('a');
    const fresh = world.open('b');
    world.rename('b', 'a');
    return [world.shows(old), world.shows(fresh)];
  },
  'a name of two that another takes the place of': (world) => {
    const old = world.open('a');
    world.link('a', 'b');
    const second = world.open('b');
    const fresh = world.open('c');
    world.rename('c', 'a');
    return [world.shows(old), world.shows(second), world.shows(fresh)];
  },
  'a file in directories that move': (world) => {
    world.mkdir('d');
    world.mkdir('d/e');
    world.mkdir('x');
    const fd = world.open('d/e/a');
    const directory = world.openDirectory('d/e');
    world.rename('d', 'x/y');
    const shown = [world.shows(fd), world.shows(directory)];
    world.rename('x/y/e', 'e');
    return [...shown, world.shows(fd), world.shows(directory)];
  },
  'a directory that is removed': (world) => {
    world.mkdir('d');
    const fd = world.openDirectory('d');
    world.rmdir('d');
    const shown = [world.shows(fd)];
    world.mkdir('d');
    return [...shown, world.shows(fd), world.shows(world.openDirectory('d'))];
  },
  'a directory that another takes the place of': (world) => {
    world.mkdir('a');
    world.mkdir('b');
    const old = world.openDirectory('a');
    const fresh = world.openDirectory('b');
    world.rename('b', 'a');
    return [world.shows(old), world.shows(fresh)];
  },
  'names with blanks, line breaks and letters beyond ASCII': (world) =>
    ['a b', 'a\nb', 'α', 'a (deleted)', '\\012'].map((name) => world.shows(world.open(name))),
};

const worlds: HostWorld[] = [];
afterEach(() => {
  for (const world of worlds.splice(0)) world.dispose();
});

const hasProc = fs.existsSync('/proc/self/fd');

describe.skipIf(!hasProc)(
  `the link of a descriptor, as on the host${hasProc ? '' : ' (skipped: no /proc here)'}`,
  () => {
    it.each(Object.keys(STORIES))('%s', (name) => {
      const story = STORIES[name] as (world: World) => string[];
      const host = new HostWorld();
      worlds.push(host);
      expect(story(new GuestWorld())).toEqual(story(host));
    });
  },
);

describe('the link of a descriptor', () => {
  it('says what streams and devices are', () => {
    const stdin = new Pipe();
    const stdout = new Pipe();
    const guest = new Guest({ stdio: [stdin, stdout, 'null'], terminals: [false, true, false] });
    const shows = (fd: number) => ask(guest.linux, 'readlink', `/proc/${guest.process.pid}/fd/${fd}`);
    const inoOf = (fd: number) => guest.process.descriptors.get(fd)?.inode.ino;
    expect(shows(0)).toBe(`pipe:[${inoOf(0)}]`);
    expect(shows(1)).toBe(`tty:[${inoOf(1)}]`);
    expect(shows(2)).toBe('/dev/null');
    expect(shows(3)).toBe('/');
    expect(shows(guest.fd('dev/zero', 0))).toBe('/dev/zero');
    expect(shows(guest.fd('dev/stdin', 0, 2n))).toBe(`pipe:[${inoOf(0)}]`);
    // What is opened anew keeps its name.
    expect(shows(guest.fd('dev/stderr', 0))).toBe('/dev/null');
    expect(shows(guest.fd('proc/self/status', 0, 2n))).toBe(`/proc/${guest.process.pid}/status`);
    expect(shows(guest.fd('proc/self/fd', OFLAGS.DIRECTORY))).toBe(`/proc/${guest.process.pid}/fd`);
  });

  it('follows renames done by others, into mounts of its own process', () => {
    const guest = new Guest();
    const other = new Guest({}, guest.linux);
    const fd = guest.fd('tmp/a');
    other.rename('tmp/a', 'tmp/b');
    const link = `/proc/${guest.process.pid}/fd/${fd}`;
    expect(ask(guest.linux, 'readlink', link)).toBe('/tmp/b');
    ask(guest.linux, 'rename', '/tmp/b', '/tmp/c');
    expect(ask(guest.linux, 'readlink', link)).toBe('/tmp/c');
    ask(guest.linux, 'unlink', '/tmp/c');
    expect(ask(guest.linux, 'readlink', link)).toBe('/tmp/c (deleted)');
  });

  it('leads to a description of its own', () => {
    const guest = new Guest();
    const fd = guest.fd('tmp/a');
    guest.write(fd, 'abc');
    const before = guest.process.descriptors.get(fd)?.references;
    const link = `/proc/${guest.process.pid}/fd/${fd}`;
    ask(guest.linux, 'writeFile', link, new TextEncoder().encode('x'), { flag: 'a' });
    guest.write(fd, 'd');
    expect(guest.pread(fd, 10, 0)).toBe('abcd');
    expect(guest.process.descriptors.get(fd)?.references).toBe(before);
    ask(guest.linux, 'writeFile', link, new TextEncoder().encode('new'));
    expect(guest.pread(fd, 10, 0)).toBe('new');
  });

  it('is gone with its descriptor, and with its process', () => {
    const guest = new Guest();
    const fd = guest.fd('tmp/a');
    const link = `/proc/${guest.process.pid}/fd/${fd}`;
    guest.call('fd_close', fd);
    expect(() => ask(guest.linux, 'readlink', link)).toThrow('ENOENT');
    expect(() => ask(guest.linux, 'lstat', link)).toThrow('ENOENT');
    guest.linux.end(guest.process, 0);
    expect(() => ask(guest.linux, 'lstat', link)).toThrow('ENOENT');
  });

  it('has the permissions of the access mode', () => {
    const guest = new Guest();
    guest.fd('tmp/a');
    const modes = ([2n, 64n, 66n] as const).map((rights) => {
      const fd = guest.fd('tmp/a', 0, rights);
      return (ask(guest.linux, 'lstat', `/proc/${guest.process.pid}/fd/${fd}`) as { mode: number }).mode.toString(8);
    });
    expect(modes).toEqual(['120500', '120300', '120700']);
  });
});

describe('cwd', () => {
  it('is where the process is, wherever that is now', () => {
    const first = new Guest();
    first.mkdir('tmp/here');
    const guest = new Guest({ cwd: '/tmp/here' }, first.linux);
    const cwd = () => ask(guest.linux, 'readlink', `/proc/${guest.process.pid}/cwd`);
    expect(cwd()).toBe('/tmp/here');
    first.rename('tmp/here', 'tmp/there');
    expect(cwd()).toBe('/tmp/there');
    first.path('path_remove_directory', 'tmp/there');
    expect(cwd()).toBe('/tmp/there (deleted)');
    expect(ask(guest.linux, 'readlink', `/proc/${first.process.pid}/cwd`)).toBe('/');
  });
});
