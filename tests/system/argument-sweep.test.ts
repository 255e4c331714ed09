// Every public function of a machine, each argument given each of the odd values, on one machine that has a bystander: a
// documented result or an error that a user can act on, never a lost machine, a hang or silence. Options by themselves are
// swept in tests/unit/boot/options-sweep, machine.fs in a sweep of its own.

import { readFileSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import type { GuestProcess, Library, Machine } from '../../runtime/index.ts';
import { guestPath, importBuilt } from '../support/built.ts';
import { isLong, rounds } from '../support/long.ts';
import { ODD_VALUES } from '../support/odd-values.ts';

const { boot } = await importBuilt();

/** Only for what never ends: well beyond anything that a loaded machine needs. */
const DEADLINE_MS = 30_000;

const OPTIONS = [
  ...[
    'args',
    'name',
    'env',
    'cwd',
    'placement',
    'route',
    'signal',
    'timeoutMs',
    'cpuMs',
    'maxOutput',
    'outputOverflow',
  ],
  ...[
    'storage',
    'openFiles',
    'memory',
    'queue',
    'unknownImports',
    'invoke',
    'preopens',
    'joinOutput',
    'stage',
    'trace',
  ],
  ...['terminals', 'stdin', 'check', 'changes', 'nonsense'],
];

/** Errors of Node's for arguments, or of the machine for what is not there, no program, no room. EIO is a bug of ours. */
function isDocumented(error: unknown): boolean {
  const { code, name, message } = error as Error & { readonly code?: unknown };
  if (/of the caller/.test(message) || name === 'AbortError') return true;
  return typeof code === 'string' && /^(ERR_[A-Z_]+|E[A-Z0-9]+)$/.test(code) && code !== 'EIO';
}

class Sweep {
  readonly failures: string[] = [];
  calls = 0;

  /** Makes a call, of which nothing is left when it has ended. */
  async call(title: string, make: () => unknown): Promise<void> {
    this.calls++;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<string>((resolve) => {
      timer = setTimeout(() => resolve('hangs'), DEADLINE_MS);
    });
    const ended = Promise.resolve()
      .then(make)
      .then(
        () => undefined,
        (error: unknown) =>
          isDocumented(error)
            ? undefined
            : String((error as Error).stack)
                .split('\n', 3)
                .join(' '),
      );
    const wrong = await Promise.race([ended, late]);
    clearTimeout(timer);
    if (wrong !== undefined) this.failures.push(`${title}: ${wrong}`);
  }
}

/** A program that answers as long as the machine lives. */
class Bystander {
  readonly #writer: WritableStreamDefaultWriter<string>;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;

  constructor(process: GuestProcess) {
    this.#writer = process.stdin.getWriter() as WritableStreamDefaultWriter<string>;
    this.#reader = process.stdout.getReader();
  }

  async answers(): Promise<boolean> {
    await this.#writer.write('ping');
    const { value } = await this.#reader.read();
    return new TextDecoder().decode(value) === 'ping';
  }
}

describe.each([true, false])('a machine with shared memory: %s', (sharedMemory) => {
  test('takes odd arguments for what they are', { timeout: isLong ? 900_000 : 120_000 }, async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    const bugs = vi.spyOn(console, 'error').mockImplementation(() => {});
    await using machine: Machine = await boot({ appCores: 4, sharedMemory });
    const bystander = sharedMemory ? new Bystander(await machine.spawn(guestPath('copy'))) : undefined;
    const status = await machine.compile(guestPath('status'));
    const bytes = readFileSync(guestPath('status'));
    const library = await machine.load(guestPath('library'));
    const sweep = new Sweep();
    let turn = 0;
    const odd: Odd = async (title, call) => {
      // A part of them where there is little time, another part for each argument.
      const part = Math.round(ODD_VALUES.length / rounds(ODD_VALUES.length));
      turn++;
      for (const { name, make } of ODD_VALUES.filter((_, index) => (index + turn) % part === 0)) {
        await sweep.call(`${title} ← ${name}`, () => call(make() as never, make() as never));
      }
    };

    for (const option of OPTIONS) await odd(`run ${option}`, (value) => machine.run(status, { [option]: value }));
    await odd('run options', (value) => machine.run(status, value));
    for (const name of ['run', 'spawn', 'load', 'compile'] as const) {
      await odd(`${name} program`, (value) => machine[name](value));
    }
    await odd('spawn options', async (value) => {
      const process = await machine.spawn(bytes, value);
      process.stdin.close().catch(() => {});
      await process.exit;
    });
    await odd('load options', async (value) => (await machine.load(guestPath('library'), value)).close());
    await odd('mount source', (value) => machine.mount(value, '/mounted'));
    await odd('mount path', (value) => machine.mount({ type: 'tmpfs', size: 4096 }, value));
    await odd('unmount', (value) => machine.unmount(value));
    await sweepProcess(machine, odd);
    await sweepLibrary(library, odd);

    expect(sweep.failures).toEqual([]);
    expect(sweep.calls).toBeGreaterThan(rounds(1500));
    expect(bugs.mock.calls.flat().join('\n')).not.toMatch(/error of its own/);
    if (bystander !== undefined) expect(await bystander.answers()).toBe(true);
    expect((await machine.run(status, { args: ['7'] })).exitCode).toBe(7);
    await library.close();
    bugs.mockRestore();
  });
});

type Odd = (title: string, call: (value: never, second: never) => unknown) => Promise<void>;

async function sweepProcess(machine: Machine, odd: Odd): Promise<void> {
  const process = await machine.spawn(guestPath('copy'));
  const drained = (async () => {
    for await (const _ of process.output('stdout'));
  })();
  await odd('output', (value) => process.output(value));
  await odd('input.writeAll', (value) => (process.input.isBroken ? undefined : process.input.writeAll(value)));
  await odd('stdin.write', async (value) => {
    const other = await machine.spawn(guestPath('status'));
    const writer = other.stdin.getWriter();
    await writer.write(value).finally(() => writer.abort().catch(() => {}));
    await other.exit;
  });
  await odd('kill', (value) => value !== undefined && process.kill(value));
  process.kill();
  await process.exit;
  await drained;
}

async function sweepLibrary(library: Library, odd: Odd): Promise<void> {
  await odd('library.call name', (value) => library.call(value));
  await odd('library.call argument', (value) => library.call('add', value, 1));
  await odd('library.read', (address, length) => library.read(address, length));
  await odd('library.write', (from) => library.write(1024, from));
  await odd('library.write address', (address) => library.write(address, new Uint8Array(4)));
}
