// machine.run, machine.spawn and machine.compile of the built library.

import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Machine } from '../../runtime/index.ts';
import { guestPath, importBuilt } from '../support/built.ts';

const { boot } = await importBuilt();
let machine: Machine;

beforeAll(async () => {
  machine = await boot({ appCores: 2, linuxProcesses: 2 });
});
afterAll(() => machine.close());

describe('a program', () => {
  test.each([
    ['a path', () => guestPath('status')],
    ['a URL', () => pathToFileURL(guestPath('status'))],
    ['bytes', () => readFileSync(guestPath('status'))],
    ['an ArrayBuffer', () => new Uint8Array(readFileSync(guestPath('status'))).buffer],
    ['a compiled program', () => machine.compile(guestPath('status'))],
  ])('may be %s', async (_what, source) => {
    expect((await machine.run(await source(), { args: ['5'] })).exitCode).toBe(5);
  });

  test.each([
    ['ENOENT', () => guestPath('missing')],
    ['ENOEXEC', () => new TextEncoder().encode('nonsense')],
    ['ENOEXEC', () => guestPath('library')],
  ])('that cannot run rejects with %s', async (code, source) => {
    await expect(machine.run(source())).rejects.toMatchObject({ code });
  });
});

describe.each(['cnk', 'fused', 'linux', 'library'] as const)('placement %s', (placement) => {
  test('gives arguments, environment and stdin, and collects both outputs', async () => {
    const shown = await machine.run(guestPath('show'), { placement, args: ['a b', 'ü'], env: { X: '1' }, name: 'me' });
    expect(shown.stdout.lines()).toEqual(['argument me', 'argument a b', 'argument ü', 'variable X=1']);
    const input = Uint8Array.from({ length: 200_000 }, (_, i) => i % 256);
    const copied = await machine.run(guestPath('copy'), { placement, stdin: input });
    expect(Buffer.compare(copied.stdout.bytes, input)).toBe(0);
  });

  test('counts the calls', async () => {
    const { counts } = await machine.run(guestPath('show'), { placement });
    const isLocal = placement === 'cnk' || placement === 'library';
    expect(counts['args_get']).toEqual(isLocal ? { local: 1, shipped: 0 } : { local: 0, shipped: 1 });
  });

  test('keeps what was written before a trap, and says what it was', async () => {
    const result = await machine.run(guestPath('fault'), { placement, args: ['bounds'] });
    expect(result).toMatchObject({ exitCode: 139, signal: 'SIGSEGV', hasTimedOut: false });
    expect(result.trap?.message).toMatch(/out of bounds/);
    expect(result.trap?.frames[0]).toMatch(/out_of_bounds/);
    expect(result.stdout.text()).toBe('before bounds\n');
    expect(result.stderr.text()).toMatch(/^fusedos: SIGSEGV: .*\n {4}at /);
  });
});

describe('options of a run', () => {
  test('stdin may be text, a stream or an iterable', async () => {
    async function* pieces(): AsyncGenerator<string> {
      yield 'one ';
      yield 'two';
    }
    for (const stdin of ['one two', new Blob(['one two']).stream(), pieces()]) {
      expect((await machine.run(guestPath('copy'), { stdin })).stdout.text()).toBe('one two');
    }
    expect((await machine.run(guestPath('copy'))).stdout.text()).toBe('');
  });

  test('stdin that the program does not read stalls nothing', async () => {
    const stdin = new Uint8Array(1_000_000);
    expect((await machine.run(guestPath('status'), { stdin })).exitCode).toBe(0);
  });

  test('a status other than 0 is a result; with check an error that carries it', async () => {
    expect((await machine.run(guestPath('status'), { args: ['3'] })).exitCode).toBe(3);
    const checked = machine.run(guestPath('status'), { args: ['3'], check: true });
    await expect(checked).rejects.toMatchObject({ code: 'EEXIT', result: { exitCode: 3 } });
    await expect(machine.run(guestPath('status'), { check: true })).resolves.toMatchObject({ exitCode: 0 });
  });

  test('timeoutMs', async () => {
    const result = await machine.run(guestPath('hang'), { args: ['spin'], timeoutMs: 200 });
    expect(result).toMatchObject({ exitCode: 137, signal: 'SIGKILL', hasTimedOut: true });
    expect(result.stdout.text()).toBe('ready\n');
  });

  test('joinOutput keeps the order between stdout and stderr', async () => {
    const { stdout, stderr } = await machine.run(guestPath('order'), { joinOutput: true });
    expect(stdout.lines()).toEqual(Array.from({ length: 200 }, (_, i) => `${i}`));
    expect(stderr.text()).toBe('');
  });

  test.each([
    [{ placement: 'mars' }, 'ERR_INVALID_ARG_VALUE', /cnk/],
    [{ cwd: 'relative' }, 'ERR_INVALID_ARG_VALUE', /absolute/],
    [{ timeoutMs: -1 }, 'ERR_OUT_OF_RANGE', /options.timeoutMs/],
    [{ timeoutMs: Number.NaN }, 'ERR_OUT_OF_RANGE', /options.timeoutMs/],
    [{ timeoutMs: '5' }, 'ERR_INVALID_ARG_TYPE', /options.timeoutMs/],
    [{ timeout: 200 }, 'ERR_INVALID_ARG_VALUE', /no property "timeout"; did you mean timeoutMs\?/],
    [{ argv: ['x'] }, 'ERR_INVALID_ARG_VALUE', /did you mean args\?/],
    [{ hasStdin: true }, 'ERR_INVALID_ARG_VALUE', /no property "hasStdin"/],
    [{ route: { nonsense: 'cnk' } }, 'ERR_INVALID_ARG_VALUE', /there is no call nonsense/],
    [{ route: { path_open: 'cnk' } }, 'ERR_INVALID_ARG_VALUE', /CNK does not serve path_open/],
    [{ args: 'x' }, 'ERR_INVALID_ARG_TYPE', /options.args/],
    [{ args: [5] }, 'ERR_INVALID_ARG_TYPE', /options.args\[0\]/],
    [{ args: ['a\0b'] }, 'ERR_INVALID_ARG_VALUE', /NUL/],
    [{ name: 5 }, 'ERR_INVALID_ARG_TYPE', /options.name/],
    [{ name: 'a\0' }, 'ERR_INVALID_ARG_VALUE', /NUL/],
    [{ env: { A: 5 } }, 'ERR_INVALID_ARG_TYPE', /options.env.A/],
    [{ env: { A: 'x\0' } }, 'ERR_INVALID_ARG_VALUE', /NUL/],
    [{ env: { 'A\0': 'x' } }, 'ERR_INVALID_ARG_VALUE', /NUL/],
    [{ env: { 'A=B': 'x' } }, 'ERR_INVALID_ARG_VALUE', /=/],
    [{ preopens: '/tmp' }, 'ERR_INVALID_ARG_TYPE', /options.preopens/],
    [{ preopens: [{ name: 'x' }] }, 'ERR_INVALID_ARG_TYPE', /options.preopens\[0\].path/],
    [{ signal: {} }, 'ERR_INVALID_ARG_TYPE', /options.signal/],
    [{ trace: 5 }, 'ERR_INVALID_ARG_TYPE', /options.trace/],
    [{ stage: null }, 'ERR_INVALID_ARG_TYPE', /options.stage/],
    [{ stage: { '/f': 5 } }, 'ERR_INVALID_ARG_TYPE', /options.stage/],
    [{ terminals: [true] }, 'ERR_INVALID_ARG_VALUE', /three/],
    [{ invoke: 'add' }, 'ERR_INVALID_ARG_TYPE', /options.invoke/],
    [null, 'ERR_INVALID_ARG_TYPE', /options/],
    ['x', 'ERR_INVALID_ARG_TYPE', /options/],
  ])('%j is refused', async (options, code, message) => {
    await expect(machine.run(guestPath('status'), options as object)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  test('a variable that is undefined is not set', async () => {
    const { stdout } = await machine.run(guestPath('show'), { env: { A: '1', B: undefined }, name: 'me' });
    expect(stdout.lines()).toEqual(['argument me', 'variable A=1']);
  });

  test.each([[null], [undefined], [5], [{}], [[]], [Symbol('x')], [{ module: {} }]])(
    'a program cannot be %o',
    async (program) => {
      for (const name of ['run', 'spawn', 'load', 'compile'] as const) {
        await expect(machine[name](program as string)).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' });
      }
    },
  );

  test.each([
    [{ appCores: 0 }, 'ERR_OUT_OF_RANGE'],
    [{ appCores: 1.5 }, 'ERR_OUT_OF_RANGE'],
    [{ appCores: '2' }, 'ERR_INVALID_ARG_TYPE'],
    [{ appcores: 2 }, 'ERR_INVALID_ARG_VALUE'],
    [{ systemCores: 2 }, 'ERR_OUT_OF_RANGE'],
    [{ pollPolicy: 'never' }, 'ERR_INVALID_ARG_VALUE'],
    [{ memory: { process: 1 } }, 'ERR_OUT_OF_RANGE'],
    [{ memory: 5 }, 'ERR_INVALID_ARG_TYPE'],
    [{ memory: { proces: 2 ** 20 } }, 'ERR_INVALID_ARG_VALUE'],
    [{ storage: -1 }, 'ERR_OUT_OF_RANGE'],
    [{ mounts: '/tmp' }, 'ERR_INVALID_ARG_TYPE'],
    [{ image: 5 }, 'ERR_INVALID_ARG_TYPE'],
    [null, 'ERR_INVALID_ARG_TYPE'],
  ])('a machine with %j is refused', async (options, code) => {
    await expect(boot(options as object)).rejects.toMatchObject({ code });
  });

  test('cwd is the directory of relative paths', async () => {
    await machine.fs.mkdir('/work/tmp', { recursive: true });
    await machine.fs.writeFile('/work/a.txt', 'content');
    const run = (...args: string[]) => machine.run(guestPath('files'), { cwd: '/work', args });
    expect((await run('read', 'a.txt')).stdout.text()).toBe('content');
    expect((await run('read', '/work/a.txt')).stdout.text()).toBe('content');
    expect((await run('write', 'tmp/x', 'relative')).exitCode).toBe(0);
    expect(await machine.fs.readFile('/work/tmp/x', 'utf8')).toBe('relative');
    expect((await run('read', '/dev/null')).exitCode).toBe(0);
    await expect(machine.run(guestPath('files'), { cwd: '/missing' })).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('spawn', () => {
  test('gives streams to talk with', async () => {
    const process = await machine.spawn(guestPath('copy'));
    const writer = process.stdin.getWriter();
    const reader = process.stdout.getReader();
    for (const word of ['ping', 'pong']) {
      await writer.write(word);
      expect(new TextDecoder().decode((await reader.read()).value)).toBe(word);
    }
    await writer.close();
    expect((await reader.read()).done).toBe(true);
    expect((await process.exit).exitCode).toBe(0);
  });

  test('a reader that cancels gives the program EPIPE', async () => {
    const process = await machine.spawn(guestPath('pour'), { args: ['10000000'] });
    await process.stdout.cancel();
    expect((await process.exit).exitCode).toBe(1);
  });

  test('writing to a program that has ended fails', async () => {
    const process = await machine.spawn(guestPath('status'));
    await process.exit;
    await expect(process.stdin.getWriter().write(new Uint8Array(200_000))).rejects.toMatchObject({ code: 'EPIPE' });
  });

  test('kill tells whether there was anything to end', async () => {
    const process = await machine.spawn(guestPath('hang'), { args: ['sleep'] });
    expect(process.kill('SIGINT')).toBe(true);
    expect(process.kill()).toBe(false);
    expect(await process.exit).toMatchObject({ exitCode: 130, signal: 'SIGINT' });
    for (const signal of ['SIGNONSENSE', 'toString', 5, null]) {
      expect(() => process.kill(signal as 'SIGINT')).toThrow(expect.objectContaining({ name: 'TypeError' }));
    }
  });
});

describe('when all cores are taken', () => {
  test('queue: false fails with EAGAIN, others wait, first come first served', async () => {
    await using small = await boot({ appCores: 1, linuxProcesses: 0, queueLimit: 2 });
    const status = await small.compile(guestPath('status'));
    const first = await small.spawn(guestPath('hang'), { args: ['sleep'] });
    expect(small.freeCores).toBe(0);
    await expect(small.run(status, { queue: false })).rejects.toMatchObject({ code: 'EAGAIN' });
    // Starts are in order; when a result has been collected is another matter.
    const started: number[] = [];
    const waiting = [1, 2].map(async (n) => {
      const process = await small.spawn(status, { args: [`${n}`] });
      started.push(n);
      return (await process.exit).exitCode;
    });
    await expect(small.run(status)).rejects.toMatchObject({ code: 'EAGAIN' });
    first.kill();
    expect(await Promise.all(waiting)).toEqual([1, 2]);
    expect(started).toEqual([1, 2]);
  });
});

describe('an AbortSignal', () => {
  test('ends a program', async () => {
    const controller = new AbortController();
    const process = await machine.spawn(guestPath('hang'), { args: ['spin'], signal: controller.signal });
    await process.stdout.getReader().read();
    controller.abort();
    expect(await process.exit).toMatchObject({ signal: 'SIGKILL', hasTimedOut: false });
  });

  test('that has fired already starts nothing', async () => {
    await expect(machine.run(guestPath('status'), { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError',
    });
  });

  test('that fires while the program waits for a core takes it from the queue', async () => {
    await using small = await boot({ appCores: 1, linuxProcesses: 0 });
    const first = await small.spawn(guestPath('hang'), { args: ['sleep'] });
    const controller = new AbortController();
    const queued = small.run(guestPath('status'), { signal: controller.signal });
    controller.abort();
    await expect(queued).rejects.toMatchObject({ name: 'AbortError' });
    first.kill();
    expect((await small.run(guestPath('status'), { args: ['2'] })).exitCode).toBe(2);
  });
});

test('numbers that do not fit the function of invoke are refused before anything runs', async () => {
  const sleeping = await machine.spawn(guestPath('hang'), { args: ['sleep'] });
  const invoke = (name: string, ...args: string[]) => machine.run(guestPath('library'), { invoke: { name, args } });
  expect((await invoke('wide', '20')).values).toEqual(['40']);
  await expect(invoke('add', '3n', '4')).rejects.toMatchObject({ code: 'EINVAL' });
  await expect(invoke('add', '4294967296', '4')).rejects.toMatchObject({ code: 'EINVAL' });
  expect(sleeping.kill('SIGKILL')).toBe(true); // the other program had gone on
  expect((await sleeping.exit).signal).toBe('SIGKILL');
});
