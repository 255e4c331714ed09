// /proc of a whole machine: one tree of processes for every placement, the machine's size, descriptors that CNK owns beside
// Linux's; and of the smaller Linuxes.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Machine, SpawnOptions } from '../../runtime/index.ts';
import { guestPath, importBuilt, root } from '../support/built.ts';
import { fusedos } from '../support/command.ts';

const { boot, getImportObject } = await importBuilt();
const COMPILE_MS = 120_000;

let machine: Machine;
beforeAll(async () => {
  machine = await boot({ appCores: 2, memory: { total: 3 * 2 ** 30 } });
});
afterAll(() => machine.close());

const text = (path: string) => machine.fs.readFile(path, 'utf8');
/** The value of a `name: value` line. */
const field = (content: string, name: string) => new RegExp(`^${name}\\s*:\\s*(.*)$`, 'm').exec(content)?.[1];

/** Runs `use` while a program holds files open and waits for the end of its input. */
async function whileHolding(
  options: SpawnOptions,
  use: (pid: number, descriptors: Map<string, number>) => Promise<void>,
): Promise<void> {
  const process = await machine.spawn(guestPath('hold'), options);
  const descriptors = new Map<string, number>();
  try {
    let seen = '';
    for await (const chunk of process.stdout) {
      seen += new TextDecoder().decode(chunk);
      if (seen.endsWith('ready\n')) break;
    }
    for (const line of seen.split('\n').slice(0, -2)) {
      const [path = '', fd] = line.split(' ');
      descriptors.set(path, Number(fd));
    }
    await use(process.pid, descriptors);
  } finally {
    process.kill();
    await process.exit;
  }
}

/** Waits until a process waits in a call of Linux: it says that it is ready a little before. */
async function untilItWaits(pid: number): Promise<void> {
  while (!(await text(`/proc/${pid}/stat`)).includes(') S '));
}

describe.each(['cnk', 'fused', 'linux'] as const)('a process under %s', (placement) => {
  test('reads about itself', async () => {
    const read = async (name: string) => {
      const options = { placement, args: ['read', `/proc/self/${name}`], env: { KEY: 'välue' } };
      return (await machine.run(guestPath('files'), { ...options, check: true })).stdout.text();
    };
    expect(await read('comm')).toBe('files.wasm\n');
    expect(await read('cmdline')).toBe('files.wasm\0read\0/proc/self/cmdline\0');
    expect(await read('environ')).toBe('KEY=välue\0');
    expect(await read('stat')).toMatch(/^\d+ \(files\.wasm\) R 1 /);
    expect(field(await read('status'), 'VmSize')).toMatch(/^\d+ kB$/);
    expect(await read('mounts')).toContain('proc /proc proc rw 0 0\n');
  });

  test('is seen by the embedder while it lives, and is gone with its end', async () => {
    await machine.fs.mkdir('/work', { recursive: true });
    await machine.fs.writeFile('/work/file', 'content');
    let number = 0;
    await whileHolding({ placement, cwd: '/work', args: ['file', '/dev/null'] }, async (pid, descriptors) => {
      number = pid;
      await untilItWaits(pid);
      expect(await machine.fs.readdir('/proc')).toContain(`${pid}`);
      expect(await machine.fs.readlink(`/proc/${pid}/cwd`)).toBe('/work');
      expect(await machine.fs.readlink(`/proc/${pid}/fd/${descriptors.get('file')}`)).toBe('/work/file');
      expect(await machine.fs.readlink(`/proc/${pid}/fd/${descriptors.get('/dev/null')}`)).toBe('/dev/null');
      expect(await machine.fs.readlink(`/proc/${pid}/fd/0`)).toMatch(/^pipe:\[\d+\]$/);
      expect(await text(`/proc/${pid}/fd/${descriptors.get('file')}`)).toBe('content');
      expect(await text(`/proc/${pid}/cwd/file`)).toBe('content');
      const status = await text(`/proc/${pid}/status`);
      expect(field(status, 'State')).toBe('S (sleeping)');
      const kib = Number.parseInt(field(status, 'VmSize') ?? '', 10);
      expect(kib).toBeGreaterThan(0);
      expect(kib % 64).toBe(0);
      const meminfo = await text('/proc/meminfo');
      expect(field(meminfo, 'MemTotal')).toBe(`${3 << 20} kB`);
      expect(field(meminfo, 'MemFree')).toBe(`${(3 << 20) - kib} kB`);
      expect((await text('/proc/loadavg')).split(' ').slice(3)).toEqual(['0/2', `${pid}\n`]);
    });
    await expect(machine.fs.stat(`/proc/${number}`)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

test('descriptors of staged files stand among the others', async () => {
  const stage = { '/data/in.txt': 'staged' };
  const args = ['/data/in.txt', '/dev/null'];
  await whileHolding({ stage, args }, async (pid, descriptors) => {
    const staged = descriptors.get('/data/in.txt');
    expect(await machine.fs.readdir(`/proc/${pid}/fd`)).toEqual(['0', '1', '2', '3', '4', '5']);
    expect(await machine.fs.readlink(`/proc/${pid}/fd/${staged}`)).toBe('anon_inode:[staged file]');
    await expect(text(`/proc/${pid}/fd/${staged}`)).rejects.toMatchObject({ code: 'ENXIO' });
    expect(await machine.fs.readdir(`/proc/${pid}/fdinfo`)).not.toContain(`${staged}`);
  });
});

test('the machine has as many processors as cores', async () => {
  const cpuinfo = await text('/proc/cpuinfo');
  expect(cpuinfo.match(/^model name\t: (.*)$/gm)).toEqual([
    'model name\t: FusedOS application core',
    'model name\t: FusedOS application core',
    'model name\t: FusedOS system core',
  ]);
  expect((await text('/proc/stat')).match(/^cpu\d+ /gm)).toHaveLength(3);
  const before = Number.parseFloat(await text('/proc/uptime'));
  expect(before).toBeGreaterThan(0);
  expect(Number.parseFloat(await text('/proc/uptime'))).toBeGreaterThanOrEqual(before);
  const bootSec = Number(/^btime (\d+)$/m.exec(await text('/proc/stat'))?.[1]);
  expect(Math.abs(Date.now() / 1000 - before - bootSec)).toBeLessThan(3600);
});

describe('a private Linux', () => {
  test('in a guest’s worker shows the guest, on its machine', async () => {
    const read = async (path: string) =>
      (
        await machine.run(guestPath('files'), { placement: 'library', args: ['read', path], check: true })
      ).stdout.text();
    expect(await read('/proc/self/comm')).toBe('files.wasm\n');
    expect((await read('/proc/cpuinfo')).match(/^processor/gm)).toHaveLength(3);
    expect(field(await read('/proc/meminfo'), 'MemTotal')).toBe(`${3 << 20} kB`);
  });

  test('behind an import object shows one core', () => {
    const module = new WebAssembly.Module(new Uint8Array(readFileSync(guestPath('files'))));
    const run = (path: string) => {
      const { imports, start } = getImportObject({ name: 'files', args: ['read', path] });
      return start(new WebAssembly.Instance(module, imports)).stdout.text();
    };
    expect(run('/proc/self/cmdline')).toBe('files\0read\0/proc/self/cmdline\0');
    expect(run('/proc/cpuinfo').match(/^processor/gm)).toHaveLength(1);
    expect(field(run('/proc/meminfo'), 'MemTotal')).toBe(`${2 ** 22} kB`);
    expect(field(run('/proc/self/status'), 'VmSize')).toMatch(/^[1-9]\d* kB$/);
  });

  test('of a machine without shared memory leaves its /proc behind', async () => {
    await using small = await boot({ appCores: 1, sharedMemory: false });
    const { stdout } = await small.run(guestPath('files'), { args: ['read', '/proc/self/comm'], check: true });
    expect(stdout.text()).toBe('files.wasm\n');
    expect(await small.fs.readFile('/proc/self/comm', 'utf8')).toBe('linux\n');
    expect((await small.fs.readFile('/proc/cpuinfo', 'utf8')).match(/^processor/gm)).toHaveLength(1);
  });
});

test('ls lists /proc, and `..` above what is open without complaint', { timeout: COMPILE_MS }, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'fusedos-ls-'));
  try {
    const ls = join(directory, 'ls.wasm');
    const source = join(root, 'guest-apps/c/ls.c');
    // A program for Linux finds modes, and no directory open.
    const compiled = await fusedos(['cc', '--target=wasm32-wasip1', '-O1', source, '-o', ls]);
    expect(compiled).toMatchObject({ status: 0 });
    const run = (...args: string[]) => fusedos(['run', ls, ...args]);
    const here = await run('-la', '.');
    expect(here).toMatchObject({ status: 0, stderr: '' });
    expect(here.stdout).toMatch(/^d--------- .* \.\nd\?{9} +\? +\? +\? \.\.\nd.* dev\nd.* proc\nd.* tmp\n$/);
    const fds = await run('-l', '/proc/self/fd');
    // The directory itself, which ls has closed when it looks at what it found.
    expect(fds).toMatchObject({ status: 1, stderr: 'ls: /proc/self/fd/4: No such file or directory\n' });
    expect(fds.stdout).toMatch(/ 0 -> pipe:\[\d+\]\n.* 1 -> pipe:\[\d+\]\n.* 2 -> pipe:\[\d+\]\n.* 3 -> \/\n/);
    // What is missing, or really out of reach, is still complained of.
    expect(await run('-l', '..')).toMatchObject({ status: 1 });
  } finally {
    rmSync(directory, { recursive: true });
  }
});
