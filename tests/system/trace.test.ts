// Traces: a line for each call, while the program runs, whatever becomes of it.

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Machine } from '../../runtime/index.ts';
import { guestPath, importBuilt } from '../support/built.ts';
import { fusedos, start } from '../support/command.ts';

const { boot } = await importBuilt();
const LINE = /^([\w.]+)\(.*\)( = (\?|-?\d+( \w+)?))? <(local|shipped) (\d+\.\d) µs>$/;

let machine: Machine;
beforeAll(async () => {
  machine = await boot({ appCores: 1, linuxProcesses: 1 });
});
afterAll(() => machine.close());

describe.each(['cnk', 'fused', 'linux', 'library'] as const)('placement %s', (placement) => {
  test('every call that is counted has its line, with who served it', async () => {
    const lines: string[] = [];
    const { counts } = await machine.run(guestPath('files'), {
      args: ['write', '/tmp/out', 'x'],
      placement,
      trace: (line) => void lines.push(line),
    });
    const traced: Record<string, { local: number; shipped: number }> = {};
    for (const line of lines) {
      const [, name = '', , , , server] = LINE.exec(line) ?? [];
      expect(name, line).not.toBe('');
      traced[name] ??= { local: 0, shipped: 0 };
      traced[name][server as 'local' | 'shipped']++;
    }
    expect(traced).toEqual(counts);
    expect(lines.some((line) => /^path_open\(fd=\d, .*path="tmp\/out", .*\) = 0 ESUCCESS </.test(line))).toBe(true);
  });
});

test('staged calls are local, others shipped', async () => {
  const lines: string[] = [];
  await machine.run(guestPath('files'), {
    args: ['read', '/in'],
    stage: { '/in': 'x' },
    trace: (line) => void lines.push(line),
  });
  expect(lines.find((line) => line.startsWith('fd_read('))).toMatch(/ = 0 ESUCCESS <local /);
  expect(lines.find((line) => line.startsWith('fd_write('))).toMatch(/ = 0 ESUCCESS <shipped /);
});

test('lines come while the program waits, and the call that it is killed in ends in a question mark', async () => {
  const lines: string[] = [];
  let sawReady: () => void = () => {};
  const ready = new Promise<void>((resolve) => {
    sawReady = resolve;
  });
  const process = await machine.spawn(guestPath('hang'), {
    args: ['read'],
    trace: (line) => {
      lines.push(line);
      if (line.startsWith('fd_write(')) sawReady();
    },
  });
  await ready;
  // The line of its write may be there before it reads.
  await vi.waitFor(async () => {
    expect(await machine.fs.readFile(`/proc/${process.pid}/status`, 'utf8')).toContain('S (sleeping)');
  });
  process.kill('SIGTERM');
  await process.exit;
  await process.traced;
  expect(lines.at(-1)).toMatch(/^fd_read\(fd=0, .*\) = \? <shipped /);
});

test('a program that only computes is ended, and keeps its lines', async () => {
  const lines: string[] = [];
  const process = await machine.spawn(guestPath('hang'), { args: ['spin'], trace: (line) => void lines.push(line) });
  await process.stdout.getReader().read();
  process.kill('SIGKILL');
  await process.exit;
  await process.traced;
  expect(lines.at(-1)).toMatch(/^fd_write\(/);
});

test('a reader that is slow holds the program up and loses nothing', async () => {
  const process = await machine.spawn(guestPath('hang'), {
    args: ['calls'],
    trace: async (line) => {
      expect(line).toMatch(LINE);
      await new Promise((resolve) => setTimeout(resolve, 1));
    },
  });
  await process.stdout.getReader().read();
  process.kill('SIGKILL');
  expect((await process.exit).signal).toBe('SIGKILL');
});

test('what the user’s function throws rejects the run', async () => {
  const run = machine.run(guestPath('status'), {
    args: ['0'],
    trace: () => {
      throw new Error('not this line');
    },
  });
  await expect(run).rejects.toThrow('not this line');
  expect((await machine.run(guestPath('status'), { args: ['7'] })).exitCode).toBe(7);
});

describe('fusedos run --trace', () => {
  test('prints to stderr, and leaves stdout alone', async () => {
    const { status, stdout, stderr } = await fusedos(['run', '--trace', guestPath('show'), 'argument']);
    expect(status).toBe(0);
    expect(stdout).toBe('argument show.wasm\nargument argument\n');
    const lines = stderr.trimEnd().split('\n');
    for (const line of lines) expect(line).toMatch(LINE);
    expect(lines.length).toBeGreaterThan(3);
  });

  test('shows what a program did that waits now', async () => {
    const child = start(['run', '--trace', guestPath('hang'), 'read']);
    let text = '';
    for await (const chunk of child.stderr) {
      text += chunk;
      if (text.includes('fd_write(')) break;
    }
    child.kill('SIGTERM');
    await new Promise((resolve) => child.on('exit', resolve));
    expect(text).toContain('fd_write(fd=1');
  });
});
