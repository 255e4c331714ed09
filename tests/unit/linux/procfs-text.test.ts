// What /proc's files say: true values, in the layout of the host's own files, read here by expressions of their own and, at
// the end, by the host's own ps, free, uptime and lscpu over a copy of our tree.

import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Linux, MemoryFileSystem } from '../../../personalities/linux/index.ts';
import type { MachineFacts } from '../../../personalities/linux/options.ts';
import { GuestMemory } from '../../../runtime/memory/guest-memory.ts';
import { Guest, PAGE, Pipe } from './harness.ts';
import { ask, fieldsOf, readAs, textOf } from './procfs-support.ts';

const MACHINE: MachineFacts = { applicationCores: 3, systemCores: 1, memoryBytes: 1 << 30 };
const BOOTED_SEC = 1_700_000_000;
const NS = 1e9;

/** A Linux whose time stands where it is put. */
function machine(facts: MachineFacts = MACHINE): { linux: Linux; time: { sec: number } } {
  const time = { sec: 0 };
  const linux = new Linux({
    clock: {
      monotonicNs: () => time.sec * NS,
      realtimeNs: () => BigInt(BOOTED_SEC) * 1_000_000_000n + BigInt(time.sec * NS),
    },
    random: (into) => into.fill(1),
    quotaBytes: 1 << 20,
    machine: facts,
    onExit: () => {},
    onBug: (report) => {
      throw new Error(report);
    },
  });
  return { linux, time };
}

const hasProc = fs.existsSync('/proc/self/status');
const skipped = hasProc ? '' : ' (skipped: no /proc here)';
const host = (path: string) => fs.readFileSync(`/proc/${path}`, 'latin1');
/** What a line is, without its numbers. */
const shapeOf = (text: string) => text.replace(/[0-9a-f]{16}/g, 'h').replace(/\d+/g, '9');
/** The names that both have, in the order of each. */
function common(ours: readonly string[], theirs: readonly string[]): [string[], string[]] {
  return [ours.filter((name) => theirs.includes(name)), theirs.filter((name) => ours.includes(name))];
}

describe.skipIf(!hasProc)(`the layout is the host's${skipped}`, () => {
  const guest = new Guest();
  const ours = (path: string) => readAs(guest, `proc/${path}`);

  it.each(['self/status', 'meminfo', 'cpuinfo', 'self/fdinfo/0'])('of the fields of %s', (path) => {
    const lines = (text: string) => (text.split('\n\n')[0] as string).split('\n').filter((line) => line !== '');
    const nameOf = (line: string) => (line.split(':')[0] as string).trim();
    const here = lines(ours(path));
    const there = lines(host(path));
    const [a, b] = common(here.map(nameOf), there.map(nameOf));
    expect(a.length).toBeGreaterThan(3);
    expect(a).toEqual(b);
    const theirs = new Map(there.map((line) => [nameOf(line), line]));
    for (const line of here) {
      const other = theirs.get(nameOf(line));
      if (other === undefined) continue;
      // Up to the value, blanks and tabs stand alike.
      expect(/^[^:]+:\t?/.exec(line)?.[0]).toBe(/^[^:]+:\t?/.exec(other)?.[0]);
      if (/^(Name|State|Groups|SigQ|Mems_|Cpus_|vendor|model|address)/.test(line)) continue;
      expect(shapeOf(line).replace(/\s+/g, ' ')).toBe(shapeOf(other).replace(/\s+/g, ' '));
      // Sizes in kB end in one column.
      if (line.endsWith(' kB')) expect(line.length, line).toBe(other.length);
    }
  });

  it('of self/stat and self/statm', () => {
    const fields = (text: string) => text.slice(text.lastIndexOf(')') + 2).split(' ');
    expect(fields(ours('self/stat'))).toHaveLength(fields(host('self/stat')).length);
    expect(ours('self/stat')).toMatch(/^\d+ \(guest\) [RS]( -?\d+){49}\n$/);
    expect(shapeOf(ours('self/statm'))).toBe(shapeOf(host('self/statm')));
  });

  it('of self/limits', () => {
    const labels = (text: string) => text.split('\n').map((line) => line.slice(0, 26) + line.slice(68));
    expect(labels(ours('self/limits'))).toEqual(labels(host('self/limits')));
  });

  it('of stat, cores first', () => {
    const cpu = (text: string) => (text.split('\n').slice(0, 2) as [string, string]).map((line) => shapeOf(line));
    expect(cpu(ours('stat'))).toEqual(cpu(host('stat')));
    const names = (text: string) => text.split('\n').map((line) => line.split(' ')[0]);
    const rest = (text: string) => names(text).filter((name) => !name?.startsWith('cpu'));
    expect(rest(ours('stat'))).toEqual(rest(host('stat')));
  });

  it.each(['uptime', 'loadavg', 'version', 'self/mounts', 'self/mountinfo', 'filesystems', 'swaps', 'self/maps'])(
    'of %s',
    (path) => {
      const patterns: Record<string, RegExp> = {
        uptime: /^\d+\.\d\d \d+\.\d\d\n$/,
        loadavg: /^(\d+\.\d\d ){3}\d+\/\d+ \d+\n$/,
        version: /^Linux version \d+\.\d+\.\d+\S* \([^)]*@[^)]*\) \(.*\) #\d.*\n$/,
        'self/mounts': /^(\S+ \/\S* \S+ r[ow]\S* 0 0\n)+$/,
        'self/mountinfo': /^(\d+ \d+ \d+:\d+ \/\S* \/\S* r[ow]\S*( \S+:\d+)* - \S+ \S+ r[ow]\S*\n)+$/,
        filesystems: /^((nodev)?\t\w+\n)+$/,
        swaps: /^Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n/,
        'self/maps':
          /^([0-9a-f]{8,}-[0-9a-f]{8,} [r-][w-][x-][ps] [0-9a-f]{8} [0-9a-f]{2}:[0-9a-f]{2} \d+( +\S.*| )?\n)+$/,
      };
      expect(host(path)).toMatch(patterns[path] as RegExp);
      expect(ours(path)).toMatch(patterns[path] as RegExp);
    },
  );

  it('of self/maps: names stand in one column', () => {
    const heap = host('self/maps')
      .split('\n')
      .find((line) => line.endsWith('[heap]'));
    expect(ours('self/maps').indexOf('[')).toBe(heap?.indexOf('['));
  });
});

describe('values of a process', () => {
  it('are its own: numbers, users, mask, names', () => {
    const { linux } = machine();
    const guest = new Guest(
      { uid: 5, gid: 6, groups: [7, 9], umask: 0o077, args: ['/x/prog', 'a b', ''], env: ['A=1', 'B=α'] },
      linux,
    );
    const { pid } = guest.process;
    const status = fieldsOf(textOf(linux, `/proc/${pid}/status`));
    expect(status.get('Name')).toBe('prog');
    expect(status.get('Umask')).toBe('0077');
    expect([status.get('Pid'), status.get('Tgid'), status.get('PPid')]).toEqual([`${pid}`, `${pid}`, '1']);
    expect(status.get('Uid')).toBe('5\t5\t5\t5');
    expect(status.get('Gid')).toBe('6\t6\t6\t6');
    expect(textOf(linux, `/proc/${pid}/status`)).toContain('\nGroups:\t7 9 \n');
    expect(status.get('FDSize')).toBe('1024');
    expect(status.get('Threads')).toBe('1');
    expect(status.get('CapEff')).toBe('0000000000000000');
    expect(status.get('Cpus_allowed')).toBe('f');
    expect(status.get('Cpus_allowed_list')).toBe('0-3');
    expect(textOf(linux, `/proc/${pid}/cmdline`)).toBe('/x/prog\0a b\0\0');
    expect(textOf(linux, `/proc/${pid}/environ`)).toBe('A=1\0B=\xce\xb1\0');
  });

  it('give the size of its memory, which grows', () => {
    const { linux } = machine();
    const guest = new Guest({ pages: 4 }, linux);
    linux.detach(guest.ctx);
    const memory = new WebAssembly.Memory({ initial: 4, maximum: 100, shared: true });
    linux.attach(guest.process, new GuestMemory(memory));
    const { pid } = guest.process;
    for (const pages of [4, 11, 100]) {
      memory.grow(pages - memory.buffer.byteLength / PAGE);
      const bytes = pages * PAGE;
      const status = fieldsOf(textOf(linux, `/proc/${pid}/status`));
      for (const name of ['VmPeak', 'VmSize', 'VmHWM', 'VmRSS', 'RssAnon', 'VmData']) {
        expect(status.get(name), name).toBe(`${bytes / 1024} kB`);
      }
      expect(textOf(linux, `/proc/${pid}/statm`)).toBe(`${pages} ${pages} 0 0 0 ${pages} 0\n`);
      const stat = textOf(linux, `/proc/${pid}/stat`).split(' ');
      expect([stat[22], stat[23]]).toEqual([`${bytes}`, `${pages}`]);
      expect(textOf(linux, `/proc/${pid}/maps`).slice(0, 17)).toBe(`00000000-${bytes.toString(16).padStart(8, '0')}`);
      const memoryOf = fieldsOf(textOf(linux, '/proc/meminfo'));
      expect(memoryOf.get('MemTotal')).toBe(`${MACHINE.memoryBytes / 1024} kB`);
      expect(memoryOf.get('MemFree')).toBe(`${(MACHINE.memoryBytes - bytes) / 1024} kB`);
      expect(memoryOf.get('MemAvailable')).toBe(memoryOf.get('MemFree'));
    }
  });

  it('give when it began, in hundredths of a second since boot', () => {
    const { linux, time } = machine();
    time.sec = 12.345;
    const { process } = new Guest({}, linux);
    time.sec = 99;
    expect(textOf(linux, `/proc/${process.pid}/stat`).split(' ')[21]).toBe('1234');
    expect(textOf(linux, '/proc/uptime')).toBe('99.00 0.00\n');
    expect(textOf(linux, '/proc/stat')).toContain(`\nbtime ${BOOTED_SEC}\n`);
  });

  it('say whether it waits in a call', () => {
    const { linux } = machine();
    const stdin = new Pipe();
    const guest = new Guest({ stdio: [stdin, 'null', 'null'] }, linux);
    const { pid } = guest.process;
    const state = () => [
      fieldsOf(textOf(linux, `/proc/${pid}/status`)).get('State'),
      textOf(linux, `/proc/${pid}/stat`).split(' ')[2],
      textOf(linux, '/proc/loadavg').split(' ')[3],
      /procs_running (\d+)/.exec(textOf(linux, '/proc/stat'))?.[1],
    ];
    expect(state()).toEqual(['R (running)', 'R', '1/2', '1']);
    expect(guest.call('fd_read', 0, ...guest.iovec(8192, 4), 64)).toBe('WAITS');
    expect(state()).toEqual(['S (sleeping)', 'S', '0/2', '0']);
    stdin.write(new TextEncoder().encode('x'));
    expect(guest.goOn()).toBe('OK');
    expect(state()).toEqual(['R (running)', 'R', '1/2', '1']);
  });

  it('give its limits as they are', () => {
    const { linux } = machine();
    const { process } = new Guest({}, linux);
    const limits = textOf(linux, `/proc/${process.pid}/limits`);
    const soft = (name: string) => new RegExp(`^Max ${name} +(\\S+) +(\\S+)`, 'm').exec(limits)?.slice(1);
    expect(soft('open files')).toEqual(['1024', '1024']);
    expect(soft('address space')).toEqual([`${MACHINE.memoryBytes}`, `${MACHINE.memoryBytes}`]);
    expect(soft('file size')).toEqual([`${2 ** 44 - 4096}`, `${2 ** 44 - 4096}`]);
    expect(soft('core file size')).toEqual(['0', '0']);
  });

  it('give the offset and flags of a descriptor', () => {
    const guest = new Guest();
    const fd = guest.fd('tmp/a', undefined, undefined, 1);
    guest.write(fd, 'hello');
    const inode = guest.process.descriptors.get(fd)?.inode;
    expect(readAs(guest, `proc/self/fdinfo/${fd}`)).toBe(
      `pos:\t5\nflags:\t02002\nmnt_id:\t${inode?.fileSystem.device}\nino:\t${inode?.ino}\n`,
    );
    guest.process.descriptors.setClosedOnExec(fd, true);
    expect(readAs(guest, `proc/self/fdinfo/${fd}`)).toContain('\nflags:\t02002002\n');
  });

  it('are those of a kernel thread for pid 1', () => {
    const { linux } = machine();
    expect(textOf(linux, '/proc/1/cmdline')).toBe('');
    expect(textOf(linux, '/proc/1/maps')).toBe('');
    expect(textOf(linux, '/proc/1/statm')).toBe('0 0 0 0 0 0 0\n');
    expect(textOf(linux, '/proc/1/status')).not.toContain('VmSize');
    expect(textOf(linux, '/proc/1/stat')).toMatch(/^1 \(linux\) S 0 /);
    expect(() => textOf(linux, '/proc/1/environ')).toThrow('ESRCH');
    expect(() => ask(linux, 'readlink', '/proc/1/exe')).toThrow('ENOENT');
    expect(ask(linux, 'readlink', '/proc/1/cwd')).toBe('/');
  });
});

describe('values of the machine', () => {
  it('count its cores', () => {
    const { linux } = machine();
    const text = textOf(linux, '/proc/cpuinfo');
    // As LLVM's OpenMP runtime reads it: blocks end in an empty line, names are compared up to the tab.
    const blocks = text.split('\n\n').filter((block) => block !== '');
    expect(blocks).toHaveLength(4);
    for (const [i, block] of blocks.entries()) {
      expect(/^processor\t: (\d+)$/m.exec(block)?.[1]).toBe(`${i}`);
      expect(/^physical id\t: (\d+)$/m.exec(block)?.[1]).toBe('0');
      expect(/^core id\t\t: (\d+)$/m.exec(block)?.[1]).toBe(`${i}`);
      expect(/^siblings\t: (\d+)$/m.exec(block)?.[1]).toBe('4');
      expect(/^model name\t: (.*)$/m.exec(block)?.[1]).toBe(`FusedOS ${i < 3 ? 'application' : 'system'} core`);
    }
    // As glibc's get_nprocs counts: lines that begin with `cpu` and a digit.
    expect(textOf(linux, '/proc/stat').match(/^cpu\d/gm)).toHaveLength(4);
  });

  it.each([
    [1, '1', '0'],
    [32, 'ffffffff', '0-31'],
    [40, 'ff,ffffffff', '0-39'],
    [64, 'ffffffff,ffffffff', '0-63'],
  ])('give a mask of %i cores', (cores, mask, list) => {
    const { linux } = machine({ ...MACHINE, applicationCores: cores, systemCores: 0 });
    const status = fieldsOf(textOf(linux, '/proc/1/status'));
    expect([status.get('Cpus_allowed'), status.get('Cpus_allowed_list')]).toEqual([mask, list]);
  });

  it('name its mounts where they are, hard characters escaped', () => {
    const { linux } = machine();
    const { clock } = linux;
    linux.mount({
      path: '/mnt/a b\\c\td',
      fileSystem: new MemoryFileSystem({ clock, quotaBytes: 4096 }),
      readOnly: true,
    });
    const lines = textOf(linux, '/proc/mounts').split('\n');
    expect(lines).toEqual([
      'memfs / memfs rw 0 0',
      'devfs /dev devfs rw 0 0',
      'proc /proc proc rw 0 0',
      'memfs /mnt/a\\040b\\134c\\011d memfs ro 0 0',
      '',
    ]);
    // A parent for each mount but the root, whose parent is none of them; the numbers are those that stat tells.
    const mounts = textOf(linux, '/proc/self/mountinfo')
      .trim()
      .split('\n')
      .map((line) => line.split(' '));
    const ids = new Map(mounts.map((fields) => [fields[0], fields]));
    const root = mounts[0] as string[];
    expect(ids.has(root[1])).toBe(false);
    for (const fields of mounts.slice(1)) expect(fields[1]).toBe(root[0]);
    for (const [, , device, , path] of mounts) {
      const real = (path ?? '').replace(/\\(\d{3})/g, (_, digits: string) =>
        String.fromCharCode(Number.parseInt(digits, 8)),
      );
      expect(device).toBe(`0:${(ask(linux, 'stat', real) as { dev: number }).dev}`);
    }
    ask(linux, 'rename', '/mnt', '/elsewhere');
    expect(textOf(linux, '/proc/mounts')).toContain('memfs /elsewhere/a\\040b');
  });

  it('are a process’s own where it has mounts of its own', () => {
    const { linux } = machine();
    const fileSystem = new MemoryFileSystem({ clock: linux.clock, quotaBytes: 4096 });
    const guest = new Guest({ mounts: [{ path: '/own', fileSystem, readOnly: false }] }, linux);
    expect(readAs(guest, 'proc/self/mounts')).toContain('memfs /own memfs rw 0 0\n');
    expect(readAs(guest, 'proc/mounts')).toContain('memfs /own ');
    expect(textOf(linux, '/proc/mounts')).not.toContain('/own');
  });

  it('count what has begun', () => {
    const { linux } = machine();
    const first = new Guest({}, linux);
    linux.end(first.process, 0);
    const second = new Guest({}, linux);
    expect(textOf(linux, '/proc/stat')).toContain('\nprocesses 3\n');
    expect(textOf(linux, '/proc/loadavg')).toBe(`0.00 0.00 0.00 1/2 ${second.process.pid}\n`);
    expect(textOf(linux, '/proc/sys/kernel/hostname')).toBe('fusedos\n');
    expect(textOf(linux, '/proc/sys/kernel/ostype')).toBe('Linux\n');
    expect(Number(textOf(linux, '/proc/sys/kernel/pid_max'))).toBe(2 ** 22);
    expect(textOf(linux, '/proc/version')).toContain(textOf(linux, '/proc/sys/kernel/osrelease').trim());
  });
});

/** Copies our /proc to the host's disk. */
function copyOut(linux: Linux, from: string, to: string): void {
  fs.mkdirSync(to);
  for (const { name, mode } of ask(linux, 'readdir', from) as { name: string; mode: number }[]) {
    const path = `${from}/${name}`;
    const type = mode & 0o170000;
    if (type === 0o040000) copyOut(linux, path, join(to, name));
    else if (type === 0o120000) {
      if (name !== 'exe') fs.symlinkSync(ask(linux, 'readlink', path) as string, join(to, name));
    } else if (!(name.startsWith('environ') && from.startsWith('/proc/1'))) {
      fs.writeFileSync(join(to, name), ask(linux, 'readFile', path) as Uint8Array);
    }
  }
}

/** Runs a command of the host that finds a copy of our /proc as its own, and itself in it as pid 1. */
function withProc(copy: string, command: string): { status: number | null; stdout: string; stderr: string } {
  const script = `mount --bind '${copy}' /proc && exec ${command}`;
  return spawnSync('unshare', ['-m', '-p', '-f', 'sh', '-c', script], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
}

const canMount = hasProc && spawnSync('unshare', ['-m', '-p', '-f', 'mount', '--bind', '/proc', '/proc']).status === 0;

describe.skipIf(!canMount)(`the host's own tools${canMount ? '' : ' (skipped: may not mount over /proc)'}`, () => {
  it('read a copy of ours', () => {
    const { linux, time } = machine();
    time.sec = 90;
    const guest = new Guest({ args: ['/bin/prog', 'one', 'two words'], pages: 16 }, linux);
    time.sec = 3 * 3600 + 5 * 60;
    const top = fs.mkdtempSync(join(tmpdir(), 'fusedos-proc-'));
    const copy = join(top, 'proc');
    try {
      copyOut(linux, '/proc', copy);
      const { pid } = guest.process;
      const has = (tool: string) => spawnSync('sh', ['-c', `command -v ${tool}`]).status === 0;
      if (has('ps')) {
        const ps = withProc(copy, 'ps -e -o pid,ppid,stat,vsz,nlwp,comm,args --no-headers');
        expect(ps.stderr).toBe('');
        const lines = ps.stdout
          .trim()
          .split('\n')
          .map((line) => line.trim().split(/\s+/).join(' '));
        expect(lines.sort()).toEqual(['1 0 Ss 0 1 linux [linux]', `${pid} 1 Rs 1024 1 prog /bin/prog one two words`]);
      }
      if (has('free')) {
        const { stdout } = withProc(copy, 'free -k');
        expect(stdout.split('\n')[1]?.split(/\s+/)).toEqual([
          'Mem:',
          '1048576',
          '1024',
          '1047552',
          '0',
          '0',
          '1047552',
        ]);
      }
      if (has('uptime'))
        expect(withProc(copy, 'uptime').stdout).toMatch(/up +3:05,.*load average: 0\.00, 0\.00, 0\.00/);
      if (has('findmnt')) {
        const { stdout } = withProc(copy, 'findmnt -rn -o TARGET,FSTYPE,OPTIONS');
        expect(stdout).toBe('/ memfs rw\n/dev devfs rw\n/proc proc rw\n');
      }
    } finally {
      fs.rmSync(top, { recursive: true });
    }
  });
});
