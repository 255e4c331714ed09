// A machine without shared memory, where it can be watched best: in Node, which has it but is told not to use it. In a page:
// tests/browser/plain.

import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { Machine, MachineOptions } from '../../runtime/index.ts';
import { addPrograms } from '../browser/support/programs.ts';
import { guestPath, importBuilt } from '../support/built.ts';

let bootMachine: Awaited<ReturnType<typeof importBuilt>>['boot'];
const programs = new Map<string, Uint8Array>();

beforeAll(async () => {
  ({ boot: bootMachine } = await importBuilt());
  await addPrograms(programs, []);
  vi.spyOn(console, 'warn').mockImplementation(() => {});
});

function boot(options: MachineOptions = {}): Promise<Machine> {
  return bootMachine({ appCores: 1, sharedMemory: false, ...options });
}

const files = guestPath('files');
const spin = (): Uint8Array => programs.get('spin.wasm') ?? new Uint8Array(0);

describe('files', () => {
  test('that a program writes are the machine’s when it has ended', async () => {
    await using machine = await boot();
    await machine.run(files, { args: ['write', '/tmp/note', 'text'], check: true });
    expect(await machine.fs.readFile('/tmp/note', 'utf8')).toBe('text');
    const { stdout } = await machine.run(files, { args: ['read', '/tmp/note'], check: true });
    expect(stdout.text()).toBe('text');
  });

  test('keep modes, links and times on their way', async () => {
    await using machine = await boot();
    await machine.fs.writeFile('/a', 'content', { mode: 0o640 });
    await machine.fs.utimes('/a', 1000, 1000);
    await machine.fs.symlink('a', '/link');
    const { stdout } = await machine.run(files, { args: ['read', '/link'], check: true });
    expect(stdout.text()).toBe('content');
    const { mode, mtimeMs } = await machine.fs.stat('/a');
    expect({ mode: mode & 0o7777, mtimeMs }).toEqual({ mode: 0o640, mtimeMs: 1_000_000 });
    expect(await machine.fs.readlink('/link')).toBe('a');
  });

  test('of two programs at once do not undo each other', async () => {
    await using machine = await boot({ appCores: 2 });
    await Promise.all([
      machine.run(files, { args: ['write', '/one', '1'], check: true }),
      machine.run(files, { args: ['write', '/two', '2'], check: true }),
    ]);
    expect(await machine.fs.readFile('/one', 'utf8')).toBe('1');
    expect(await machine.fs.readFile('/two', 'utf8')).toBe('2');
  });

  test('that do not fit any more fail the run', async () => {
    await using machine = await boot({ storage: 1 << 20 });
    const process = await machine.spawn(files, { args: ['write', '/late', 'x'.repeat(100_000)] });
    await machine.fs.writeFile('/large', new Uint8Array(950_000)); // before this thread hears of the program's end
    await expect(process.exit).rejects.toMatchObject({ code: 'ENOSPC' });
    expect((await machine.run(guestPath('status'))).exitCode).toBe(0);
  });

  test('of the machine have Node’s errors', async () => {
    await using machine = await boot();
    await expect(machine.fs.readFile('/absent')).rejects.toMatchObject({
      code: 'ENOENT',
      syscall: 'open',
      path: '/absent',
    });
  });
});

describe('processes', () => {
  test('queue for a core, or fail with EAGAIN', async () => {
    await using machine = await boot();
    const spinning = await machine.spawn(spin());
    await expect(machine.run(files, { queue: false })).rejects.toMatchObject({ code: 'EAGAIN' });
    const next = machine.run(guestPath('status'), { args: ['7'] });
    spinning.kill();
    expect((await next).exitCode).toBe(7);
    expect((await spinning.exit).signal).toBe('SIGTERM');
  });

  test('stream what they write before they end, and lose nothing on a slow reader', async () => {
    await using machine = await boot();
    const process = await machine.spawn(guestPath('show'), {
      name: 'show',
      args: new Array(5).fill('y'.repeat(100_000)),
    });
    let length = 0;
    for await (const chunk of process.stdout) {
      length += chunk.length;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(length).toBe('argument show\n'.length + 5 * ('argument \n'.length + 100_000));
    expect((await process.exit).exitCode).toBe(0);
  });

  test('may join stdout and stderr', async () => {
    await using machine = await boot();
    const { stdout, stderr } = await machine.run(files, { args: ['read', '/absent'], joinOutput: true });
    expect(stdout.text()).toContain('/absent: No such file');
    expect(stderr.text()).toBe('');
  });

  test('take all kinds of stdin', async () => {
    await using machine = await boot();
    async function* pieces(): AsyncGenerator<string | Uint8Array> {
      yield 'one ';
      yield new TextEncoder().encode('two');
    }
    expect((await machine.run(guestPath('copy'), { stdin: pieces() })).stdout.text()).toBe('one two');
  });

  test('are counted, and end with the machine', async () => {
    const machine = await boot();
    const { counts } = await machine.run(guestPath('show'));
    expect(counts['fd_write']).toEqual({ local: 1, shipped: 0 });
    const spinning = await machine.spawn(spin());
    await machine.close();
    expect((await spinning.exit).signal).toBe('SIGKILL');
    await expect(machine.run(files)).rejects.toMatchObject({ code: 'ESHUTDOWN' });
  });
});
