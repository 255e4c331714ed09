// A machine's life: two at once, files, closing, and what is left of it in the process.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { distDirectory, guestPath, importBuilt } from '../support/built.ts';
import { finished } from '../support/command.ts';

const { boot } = await importBuilt();
const directory = mkdtempSync(join(tmpdir(), 'fusedos-machine-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** Runs a script that has `boot` and `guest(name)`, in a process of its own; it has to end by itself. */
function runScript(body: string): ReturnType<typeof finished> {
  const library = JSON.stringify(pathToFileURL(join(distDirectory, 'index.js')).href);
  const script = `import { boot } from ${library};
const guest = (name) => ${JSON.stringify(guestPath('NAME'))}.replace('NAME', name);
${body}`;
  const file = join(directory, 'script.mjs');
  writeFileSync(file, script);
  const child = spawn(process.execPath, [file], { timeout: 20_000, killSignal: 'SIGKILL' });
  child.stdin.end();
  return finished(child);
}

describe('a program that uses a machine ends by itself', () => {
  test.each([
    ['after close', 'const m = await boot(); await m.run(guest("status")); await m.close();'],
    ['after disposal', 'const m = await boot(); await m.run(guest("status")); await m[Symbol.asyncDispose]();'],
    ['with an idle machine', 'const m = await boot(); await m.run(guest("status"));'],
    ['with a machine that never did anything', 'await boot();'],
    ['after a kill', 'const m = await boot(); const p = await m.spawn(guest("hang")); p.kill(); await p.exit;'],
    [
      'after a copy loop had to be ended',
      'const m = await boot(); await m.run(guest("hang"), { args: ["copy"], timeoutMs: 200 });',
    ],
  ])('%s', async (_what, body) => {
    expect(await runScript(`${body}\nconsole.log('done');`)).toEqual({ status: 0, stdout: 'done\n', stderr: '' });
  });

  test('but not while a guest runs', async () => {
    const { status, stdout } = await runScript(`
const m = await boot({ appCores: 1 });
const p = await m.spawn(guest('hang'), { args: ['sleep'], timeoutMs: 500 });
p.exit.then((exit) => console.log(exit.signal));`);
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'SIGKILL\n' });
  });
});

test('two machines in one program do not disturb each other', async () => {
  await using one = await boot({ appCores: 1, linuxProcesses: 0 });
  await using two = await boot({ appCores: 1, linuxProcesses: 0 });
  await one.fs.writeFile('/tmp/x', 'one');
  await two.fs.writeFile('/tmp/x', 'two');
  const read = (machine: typeof one) => machine.run(guestPath('files'), { args: ['read', '/tmp/x'] });
  const results = await Promise.all(Array.from({ length: 10 }, (_, i) => read(i % 2 ? one : two)));
  expect(results.map(({ stdout }) => stdout.text())).toEqual(results.map((_, i) => (i % 2 ? 'one' : 'two')));
  await one.close();
  expect((await read(two)).stdout.text()).toBe('two');
});

test('a machine may have 256 cores; those that nobody needs do not start', async () => {
  const { status, stdout } = await runScript(`
const threads = process.getBuiltinModule('node:worker_threads');
let started = 0;
threads.Worker = class extends threads.Worker {
  constructor(...args) {
    super(...args);
    started++;
  }
};
const machine = await boot({ appCores: 256 });
const counts = [[machine.freeCores, started]];
const most = started + 3;
const processes = await Promise.all(Array.from({ length: most }, () => machine.spawn(guest('hang'), { queue: false })));
counts.push([machine.freeCores, started]);
for (const each of processes) each.kill();
await Promise.all(processes.map(({ exit }) => exit));
await machine.close();
console.log(JSON.stringify(counts));`);
  expect(status).toBe(0);
  const [[free, ahead], later] = JSON.parse(stdout.toString());
  expect(free).toBe(256);
  expect(ahead).toBeLessThan(availableParallelism() + 4);
  // Linux is not a core, and the spare one has a guest now.
  expect(later).toEqual([256 - (ahead + 3), 1 + ahead + 3]);
});

describe('close', () => {
  test('ends what runs, and what waits fails', async () => {
    const machine = await boot({ appCores: 1, linuxProcesses: 0 });
    const running = await machine.spawn(guestPath('hang'), { args: ['spin'] });
    const waiting = machine.run(guestPath('status'));
    waiting.catch(() => {});
    await machine.close();
    expect((await running.exit).signal).toBe('SIGKILL');
    await expect(waiting).rejects.toMatchObject({ code: 'ESHUTDOWN' });
  });

  test('may be called again, and everything after it fails with ESHUTDOWN', async () => {
    const machine = await boot({ appCores: 1, linuxProcesses: 0 });
    await Promise.all([machine.close(), machine.close()]);
    await machine.close();
    await expect(machine.run(guestPath('status'))).rejects.toMatchObject({ code: 'ESHUTDOWN' });
    await expect(machine.fs.readFile('/tmp/x')).rejects.toMatchObject({ code: 'ESHUTDOWN' });
    await expect(machine.load(guestPath('library'))).rejects.toMatchObject({ code: 'ESHUTDOWN' });
  });
});

describe('files', () => {
  test('are shaped as those of node:fs/promises', async () => {
    await using machine = await boot({ appCores: 1, linuxProcesses: 0 });
    const { fs } = machine;
    await fs.mkdir('/a/b', { recursive: true });
    await fs.writeFile('/a/b/c', 'text');
    await fs.appendFile('/a/b/c', Uint8Array.of(33));
    expect(await fs.readFile('/a/b/c', 'utf8')).toBe('text!');
    const stats = await fs.stat('/a/b/c');
    expect([stats.isFile(), stats.isDirectory(), stats.size]).toEqual([true, false, 5]);
    expect(await fs.readdir('/a')).toEqual(['b']);
    const [entry] = await fs.readdir('/a', { withFileTypes: true });
    expect([entry?.name, entry?.isDirectory()]).toEqual(['b', true]);
    await fs.rename('/a/b/c', '/a/d');
    await fs.symlink('d', '/a/link');
    expect([await fs.readlink('/a/link'), await fs.readFile('/a/link', 'utf8')]).toEqual(['d', 'text!']);
    await fs.rm('/a', { recursive: true });
    await expect(fs.stat('/a')).rejects.toMatchObject({ code: 'ENOENT', errno: -2, syscall: 'stat', path: '/a' });
  });

  test('are those that programs see', async () => {
    await using machine = await boot({ appCores: 1, linuxProcesses: 1 });
    for (const placement of ['cnk', 'fused', 'linux'] as const) {
      const { exitCode } = await machine.run(guestPath('files'), {
        placement,
        args: ['write', `/tmp/${placement}`, placement],
      });
      expect(exitCode).toBe(0);
      expect(await machine.fs.readFile(`/tmp/${placement}`, 'utf8')).toBe(placement);
    }
  });

  test('a quota that is used up is ENOSPC for the embedder and for programs', async () => {
    await using machine = await boot({ appCores: 1, linuxProcesses: 0, storage: 1 << 20 });
    await expect(machine.fs.writeFile('/tmp/x', new Uint8Array(2 << 20))).rejects.toMatchObject({ code: 'ENOSPC' });
    await machine.fs.rm('/tmp/x', { force: true });
    await machine.fs.writeFile('/tmp/y', 'fits');
    expect(await machine.fs.readFile('/tmp/y', 'utf8')).toBe('fits');
  });
});

test('a program that takes all of its memory hurts no other', async () => {
  await using machine = await boot({ appCores: 2, linuxProcesses: 0, memory: { process: 64 << 20 } });
  const [exhausted, other] = await Promise.all([
    machine.run(guestPath('exhaust')),
    machine.run(guestPath('status'), { args: ['3'] }),
  ]);
  expect(exhausted.stdout.text()).toMatch(/^ENOMEM after/);
  expect([exhausted.exitCode, other.exitCode]).toEqual([0, 3]);
});
