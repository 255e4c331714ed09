// The compile daemon: one for all command lines of a user, gone by itself, and never in the way.

import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type CommandOptions, cli, type Finished, fusedos, start } from '../support/command.ts';

vi.setConfig({ testTimeout: 120_000 });

const silent = { status: 0, stdout: '', stderr: '' };
let directory = '';
let env: Record<string, string> = {};

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fusedos-d-'));
  env = { FUSEDOS_DAEMON: 'on', XDG_RUNTIME_DIR: directory, FUSEDOS_DAEMON_IDLE: '60' };
  writeFileSync(join(directory, 'good.c'), 'int good(void) { return 6; }\n');
});
afterEach(async () => {
  await run(['daemon', 'stop']);
  rmSync(directory, { recursive: true });
});

function run(args: readonly string[], options: CommandOptions = {}): Promise<Finished> {
  return fusedos(args, { cwd: directory, ...options, env: { ...env, ...options.env } });
}

async function daemonPid(): Promise<number | undefined> {
  const { stdout } = await run(['daemon', 'status']);
  return Number(/process (\d+)/.exec(stdout)?.[1]) || undefined;
}

function sockets(): string[] {
  const place = join(directory, 'fusedos');
  return existsSync(place) ? readdirSync(place).filter((name) => name.endsWith('.sock')) : [];
}

async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  await vi.waitFor(async () => expect(await isTrue()).toBe(true), { timeout: 30_000, interval: 20 });
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** A source that keeps clang busy for many seconds. */
function writeLongSource(): void {
  const body = Array.from(
    { length: 4000 },
    (_, i) => `  x = x * ${i + 3} ^ (x >> ${(i % 31) + 1}); if (x % ${i + 7} == 1) y[x & 255] += x;`,
  );
  const functions = Array.from(
    { length: 40 },
    (_, i) => `unsigned f${i}(unsigned x, unsigned *y) {\n${body.join('\n')}\n  return x; }`,
  );
  writeFileSync(join(directory, 'long.c'), `#warning begun\n${functions.join('\n')}\n`);
}

/** A compile that has read its source, warned and goes on for long; `end` is how it ends, with all that it wrote. */
async function startLongCompile(): Promise<{ child: ChildProcess; end: Promise<{ status: unknown; stderr: string }> }> {
  writeLongSource();
  const child = start(['cc', '-O2', '-fno-lto', '-c', 'long.c'], { cwd: directory, env });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk;
  });
  const end = new Promise<{ status: unknown; stderr: string }>((resolve) => {
    child.on('close', (code, signal) => resolve({ status: code ?? signal, stderr }));
  });
  await until(() => stderr.includes('begun\n'));
  expect((await run(['daemon', 'status'])).stdout).toContain('1 running');
  return { child, end };
}

test('the first command starts it, the next are served by it, and stop ends it', async () => {
  expect(await run(['daemon'])).toEqual({ ...silent, stdout: 'no daemon runs\n' });
  expect(await run(['cc', '-c', 'good.c'])).toEqual(silent);
  const pid = await daemonPid();
  expect(pid).toBeDefined();
  expect(await run(['cc', '-c', 'good.c', '-o', 'again.o'])).toEqual(silent);
  expect(await run(['ar', 'rcs', 'libgood.a', 'good.o', 'again.o'])).toEqual(silent);
  expect(await daemonPid()).toBe(pid);
  expect((await run(['daemon', 'status'])).stdout).toContain('3 done');
  expect(await run(['daemon', 'stop'])).toEqual({ ...silent, stdout: 'ended\n' });
  await until(() => !isAlive(pid ?? 0));
  expect(sockets()).toEqual([]);
});

test('several commands at once start one', async () => {
  const commands = Array.from({ length: 4 }, (_, i) => run(['cc', '-c', 'good.c', '-o', `${i}.o`]));
  expect(await Promise.all(commands)).toEqual([silent, silent, silent, silent]);
  expect(sockets()).toHaveLength(1);
  expect((await run(['daemon'])).stdout).toContain('4 done');
});

test('status, output, standard input, directory and environment are the command’s own', async () => {
  mkdirSync(join(directory, 'below'));
  writeFileSync(join(directory, 'below/x.h'), '#define X 5\n');
  const cwd = join(directory, 'below');
  const source = '#include "x.h"\n#include <y.h>\nint x = X + Y;\n';
  mkdirSync(join(directory, 'other'));
  writeFileSync(join(directory, 'other/y.h'), '#define Y 6\n');
  const preprocessed = await run(['cc', '-E', '-P', '-xc', '-'], { cwd, stdin: source, env: { CPATH: '../other' } });
  expect(preprocessed).toEqual({ ...silent, stdout: 'int x = 5 + 6;\n' });
  const failed = await run(['cc', '-c', '-xc', '-', '-o', 'no.o'], { cwd, stdin: 'int f(void) { return x; }' });
  expect(failed).toMatchObject({ status: 1, stderr: expect.stringMatching(/^<stdin>:1:22: error: use of undeclared/) });
  expect(await daemonPid()).toBeDefined();
});

test('a command that is killed ends its compile', async () => {
  const { child, end } = await startLongCompile();
  child.kill('SIGKILL');
  await end;
  await until(async () => (await run(['daemon'])).stdout.includes('0 running'));
  expect(await run(['cc', '-c', 'good.c'])).toEqual(silent);
});

test('a daemon that is killed in the middle: the command compiles itself, and says all once', async () => {
  const { end } = await startLongCompile();
  // Replaced by a source that compiles at once: what the command says of it is the same.
  writeFileSync(join(directory, 'long.c'), '#warning begun\nint x;\n');
  const pid = await daemonPid();
  process.kill(Number(pid), 'SIGKILL');
  const { status, stderr } = await end;
  expect(status).toBe(0);
  expect(stderr.match(/warning: begun/g)).toHaveLength(1);
  expect(stderr.match(/1 warning generated/g)).toHaveLength(1);
  expect(statSync(join(directory, 'long.o')).size).toBeGreaterThan(0);
  // Its socket is there still: the next command starts another daemon.
  expect(sockets()).toHaveLength(1);
  expect(await run(['cc', '-c', 'good.c'])).toEqual(silent);
  expect(await daemonPid()).not.toBe(pid);
});

test('it ends by itself when nobody asks', async () => {
  env['FUSEDOS_DAEMON_IDLE'] = '1';
  expect(await run(['cc', '-c', 'good.c'])).toEqual(silent);
  await until(() => sockets().length === 0);
});

test('switched off, or in a directory that others may enter, there is none', async () => {
  expect(await run(['cc', '-c', 'good.c'], { env: { FUSEDOS_DAEMON: 'off' } })).toEqual(silent);
  expect(existsSync(join(directory, 'fusedos'))).toBe(false);
  mkdirSync(join(directory, 'fusedos'));
  chmodSync(join(directory, 'fusedos'), 0o755);
  expect(await run(['cc', '-c', 'good.c'], { env: { HOME: directory, XDG_CACHE_HOME: '' } })).toEqual(silent);
  expect(readdirSync(join(directory, 'fusedos'))).toEqual([]);
  // The next choice is a directory of its own making.
  const home = join(directory, '.cache/fusedos/run');
  expect(statSync(home).mode & 0o777).toBe(0o700);
  expect(await run(['daemon', 'stop'], { env: { HOME: directory, XDG_CACHE_HOME: '' } })).toEqual({
    ...silent,
    stdout: 'ended\n',
  });
});

test('it keeps no pipe of a shell open', async () => {
  const line = `exec 6>&1; ${process.execPath} ${cli} cc -c good.c; echo done`;
  const child = spawn('sh', ['-c', line], {
    cwd: directory,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  await new Promise((resolve) => child.stdout.on('end', resolve));
  expect(Buffer.concat(chunks).toString()).toBe('done\n');
  expect(await daemonPid()).toBeDefined();
});

test('files have the permissions that the command’s umask leaves', async () => {
  const line = `umask 077; ${process.execPath} ${cli} cc -c good.c -o private.o; umask 022; ${process.execPath} ${cli} cc -c good.c -o public.o`;
  const child = spawn('sh', ['-c', line], { cwd: directory, env: { ...process.env, ...env }, stdio: 'inherit' });
  expect(await new Promise((resolve) => child.on('exit', resolve))).toBe(0);
  const modes = ['private.o', 'public.o'].map((name) => statSync(join(directory, name)).mode & 0o777);
  expect(modes).toEqual([0o600, 0o644]);
});

test('what is no daemon at its socket holds nobody up', async () => {
  expect(await run(['cc', '-c', 'good.c'])).toEqual(silent);
  const [name = ''] = sockets();
  expect(await run(['daemon', 'stop'])).toEqual({ ...silent, stdout: 'ended\n' });
  const socket = join(directory, 'fusedos', name);
  const script = `require('node:net').createServer((s) => s.end('no frames of ours')).listen(${JSON.stringify(socket)})`;
  const impostor = spawn(process.execPath, ['-e', script], { stdio: 'ignore' });
  await until(() => existsSync(socket));
  expect(await run(['cc', '-c', 'good.c', '-o', 'late.o'])).toEqual(silent);
  expect(readFileSync(join(directory, 'late.o')).length).toBeGreaterThan(0);
  impostor.kill();
  rmSync(socket, { force: true });
});
