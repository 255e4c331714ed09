// Functions of the embedder's that a program imports: called back in this thread, or from a module in the program's own.

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { HostImports, Machine } from '../../runtime/index.ts';
import { guestPath, importBuilt } from '../support/built.ts';
import { buildModule } from '../support/module-builder.ts';

const { boot } = await importBuilt();
const hosted = guestPath('hosted');
const module = new URL('../support/host-module.mjs', import.meta.url);
const PLACEMENTS = ['cnk', 'fused', 'linux', 'library'] as const;
const NAMES = ['add', 'wide', 'half', 'mix', 'note', 'fill'] as const;
vi.spyOn(console, 'warn').mockImplementation(() => {});

let machine: Machine;
beforeAll(async () => {
  machine = await boot({ appCores: 2, linuxProcesses: 1 });
});
afterAll(() => machine.close());

/** Functions that are called back; what they are told stands in `noted`. */
function functions(noted: string[] = []): NonNullable<HostImports[string]> {
  return {
    add: (a: number, b: number) => a + b,
    wide: (a: bigint) => 2n * a,
    half: (a: number) => a / 2,
    mix: (a: number, b: bigint, c: number, d: number) => a + Number(b) + c + d,
    note(text: number) {
      noted.push(this.readString(text));
    },
    fill(buffer: number, size: number) {
      return this.writeString(buffer, 'from here', { capacity: size }) - 1;
    },
  };
}

const fromModule = Object.fromEntries(NAMES.map((name) => [name, { module, export: name }]));

describe.each(PLACEMENTS)('under %s', (placement) => {
  test('functions are called back, with values of every type and the program’s memory', async () => {
    const noted: string[] = [];
    const { stdout, exitCode } = await machine.run(hosted, { placement, imports: { host: functions(noted) } });
    expect({ exitCode, stdout: stdout.text(), noted }).toEqual({
      exitCode: 0,
      stdout: '9 from here 24.50\n',
      noted: ['noted'],
    });
  });

  test('functions come from a module', async () => {
    const { stdout, exitCode } = await machine.run(hosted, { placement, imports: { host: fromModule } });
    expect({ exitCode, stdout: stdout.text() }).toEqual({ exitCode: 0, stdout: '13 from a module 24.50\n' });
  });

  test('one that waits is waited for, and other programs run meanwhile', async () => {
    const add = async (a: number, b: number): Promise<number> => {
      const { exitCode } = await machine.run(guestPath('status'), { args: [String(a + b)] });
      return exitCode;
    };
    const imports = { host: { ...functions(), add } };
    expect((await machine.run(hosted, { placement, imports, args: ['3', '4'] })).exitCode).toBe(7);
  });

  test('a program that waits for one can be killed', async () => {
    let isCalled = (): void => {};
    const called = new Promise<void>((resolve) => {
      isCalled = resolve;
    });
    const add = (): Promise<number> => {
      isCalled();
      return new Promise(() => {});
    };
    const process = await machine.spawn(hosted, { placement, imports: { host: { add } }, args: ['3', '4'] });
    await called;
    process.kill('SIGTERM');
    expect(await process.exit).toMatchObject({ signal: 'SIGTERM' });
    expect((await machine.run(hosted, { placement, imports: { host: functions() }, args: ['1', '2'] })).exitCode).toBe(
      3,
    );
  });

  test.for<[string, HostImports[string], RegExp]>([
    ['throws', { add: () => Promise.reject(new Error('no way')) }, /host\.add failed: no way/],
    [
      'throws at once',
      {
        add: () => {
          throw new Error('no way');
        },
      },
      /host\.add failed: no way/,
    ],
    ['gives a text', { add: () => 'text' as unknown as number }, /host\.add failed: .*result of host\.add/],
    ['gives too large a number', { add: () => 2 ** 32 }, /out of range/],
    ['gives nothing', { add: () => undefined }, /host\.add failed/],
    ['throws in a module', { add: { module, export: 'fail' } }, /host\.add failed: no way/],
    ['gives a text in a module', { add: { module, export: 'wrong' } }, /result of host\.add/],
    ['gives a promise in a module', { add: { module, export: 'late' } }, /promise/],
  ])('one that %s ends the program, and the run rejects', async ([, host, message]) => {
    const run = machine.run(hosted, { placement, imports: { host: host ?? {} }, args: ['3', '4'] });
    await expect(run).rejects.toMatchObject({ code: 'EHOSTFUNC', message: expect.stringMatching(message) });
    expect((await machine.run(guestPath('status'), { args: ['4'] })).exitCode).toBe(4);
  });
});

test('what a function threw is the cause', async () => {
  const cause = new Error('no way');
  const add = (): never => {
    throw cause;
  };
  const run = machine.run(hosted, { imports: { host: { add } }, args: ['3', '4'] });
  await expect(run).rejects.toMatchObject({ code: 'EHOSTFUNC', cause });
});

test('a library calls them, one by one and in a batch, also after a new start', async () => {
  await using library = await machine.load(hosted, { imports: { host: functions() } });
  expect(await library.call('sum', 2, 3)).toBe(5);
  expect(
    await library.batch([
      ['sum', 1, 1],
      ['widen', 5],
      ['sum', { result: 0 }, 1],
    ]),
  ).toEqual([2, 10n, 3]);
  await library.restart();
  expect(await library.call('all', 3)).toBeCloseTo(24.5);
});

test('a library whose function fails rejects the call with that', async () => {
  let isBroken = true;
  const add = (a: number, b: number): number => {
    if (isBroken) throw new Error('no way');
    return a + b;
  };
  await using library = await machine.load(hosted, { imports: { host: { add } } });
  await expect(library.call('sum', 2, 3)).rejects.toMatchObject({ code: 'EHOSTFUNC' });
  isBroken = false;
  await library.restart();
  expect(await library.call('sum', 2, 3)).toBe(5);
});

describe.each([true, false])('in this thread (shared memory: %s)', (sharedMemory) => {
  test('they are called as functions, from here or a module', async () => {
    await using own = await boot({ appCores: 1, linuxProcesses: 0, sharedMemory });
    for (const host of [functions(), fromModule]) {
      const here = await own.loadHere(hosted, { imports: { host } });
      expect(here.exports['all']?.(3)).toBeCloseTo(24.5);
      expect(here.exports['widen']?.(-5n)).toBe(-10n);
      here.close();
    }
  });

  test('one that fails ends the program with its own error', async () => {
    await using own = await boot({ appCores: 1, linuxProcesses: 0, sharedMemory });
    const cause = new Error('no way');
    for (const [add, wanted] of [
      [
        () => {
          throw cause;
        },
        { code: 'EHOSTFUNC', cause },
      ],
      [async () => 1, { code: 'EHOSTFUNC' }],
    ] as const) {
      const here = await own.loadHere(hosted, { imports: { host: { add } } });
      expect(() => here.exports['sum']?.(1, 2)).toThrow(expect.objectContaining(wanted));
      expect(() => here.exports['sum']?.(1, 2)).toThrow(expect.objectContaining({ code: 'EHOSTFUNC' }));
    }
  });
});

test('without shared memory, those of modules work; nobody can be called back', async () => {
  await using own = await boot({ appCores: 1, linuxProcesses: 0, sharedMemory: false });
  const { stdout } = await own.run(hosted, { imports: { host: fromModule } });
  expect(stdout.text()).toBe('13 from a module 24.50\n');
  await expect(own.run(hosted, { imports: { host: functions() } })).rejects.toMatchObject({ code: 'ENOSYS' });
});

test('what is not given ends the program when it is called, by its name', async () => {
  const { signal, trap } = await machine.run(hosted, {
    imports: { host: { wide: (a: bigint) => a } },
    args: ['3', '4'],
  });
  expect({ signal, message: trap?.message }).toEqual({
    signal: 'SIGSYS',
    message: expect.stringContaining('host.add'),
  });
});

describe('what cannot be', () => {
  test.for<[unknown, string, string]>([
    [1, 'ERR_INVALID_ARG_TYPE', 'options.imports'],
    [{ host: 1 }, 'ERR_INVALID_ARG_TYPE', 'options.imports.host'],
    [{ host: { add: 1 } }, 'ERR_INVALID_ARG_TYPE', 'options.imports.host.add'],
    [{ host: { add: { module: './x.mjs', export: 'add' } } }, 'ERR_INVALID_ARG_VALUE', 'absolute URL'],
    [{ host: { add: { module, name: 'add' } } }, 'ERR_INVALID_ARG_VALUE', 'export'],
    [{ host: { add: { module } } }, 'ERR_INVALID_ARG_TYPE', 'options.imports.host.add.export'],
    [{ env: { abort: () => {} } }, 'ERR_INVALID_ARG_VALUE', 'a call of the machine'],
    [{ wasi_snapshot_preview1: { fd_write: () => 0 } }, 'ERR_INVALID_ARG_VALUE', 'a call of the machine'],
  ])('%o: %s', async ([imports, code, text]) => {
    const run = machine.run(hosted, { imports: imports as HostImports });
    await expect(run).rejects.toMatchObject({ code, message: expect.stringContaining(text) });
  });

  test.for([
    ['no such module', new URL('./absent.mjs', module), 'add'],
    ['no such export', module, 'absent'],
    ['an export that is no function', module, 'notAFunction'],
  ] as const)('%s', async ([, url, name]) => {
    const host = { add: { module: url, export: name } };
    await expect(machine.run(hosted, { imports: { host } })).rejects.toMatchObject({ code: 'EINVAL' });
  });

  test('a function of references', async () => {
    const program = buildModule({
      types: [{ params: ['externref'] }, {}],
      imports: [{ module: 'host', name: 'take', func: 0 }],
      functions: [{ type: 1, body: [] }],
      exports: [{ name: '_start', kind: 'func', index: 1 }],
    });
    await expect(machine.run(program, { imports: { host: { take: () => {} } } })).rejects.toMatchObject({
      code: 'ERR_INVALID_ARG_VALUE',
    });
    expect((await machine.run(program)).exitCode).toBe(0);
  });
});
