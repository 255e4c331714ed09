// `machine.fs` with arguments that no sane caller passes: each argument of each function gets each of the odd values. Where
// node:fs/promises has the function, the outcome is Node's, asked of the host in lockstep: same code, same class, same name of
// the argument; what differs stands in a list with its reason. Then the machine is alive and nothing of it is left open.

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import * as hostFs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Machine } from '../../runtime/index.ts';
import { importBuilt } from '../support/built.ts';
import { rounds } from '../support/long.ts';
import { ODD_VALUES, type OddValue } from '../support/odd-values.ts';

const { boot } = await importBuilt();

type Functions = Readonly<Record<string, (...args: unknown[]) => unknown>>;
interface Outcome {
  readonly kind: string;
  readonly code: string | undefined;
  readonly message: string;
}

/** What each function is given when it is well: `root` holds a file `f`, a directory `d`, a link `l`. */
const CALLS: Readonly<Record<string, (root: string) => unknown[]>> = {
  access: (root) => [`${root}/f`, 0],
  appendFile: (root) => [`${root}/f`, 'x', {}],
  chmod: (root) => [`${root}/f`, 0o644],
  chown: (root) => [`${root}/f`, -1, -1],
  copyFile: (root) => [`${root}/f`, `${root}/g`, 0],
  cp: (root) => [`${root}/f`, `${root}/g`, {}],
  lchown: (root) => [`${root}/f`, -1, -1],
  link: (root) => [`${root}/f`, `${root}/g`],
  lstat: (root) => [`${root}/f`, {}],
  lutimes: (root) => [`${root}/f`, 1, 2],
  mkdir: (root) => [`${root}/g`, {}],
  mkdtemp: (root) => [`${root}/g`, {}],
  open: (root) => [`${root}/f`, 'r', 0o600],
  opendir: (root) => [`${root}/d`, {}],
  readFile: (root) => [`${root}/f`, {}],
  readdir: (root) => [`${root}/d`, {}],
  readlink: (root) => [`${root}/l`, {}],
  realpath: (root) => [`${root}/l`, {}],
  rename: (root) => [`${root}/f`, `${root}/g`],
  rm: (root) => [`${root}/f`, {}],
  rmdir: (root) => [`${root}/d`, {}],
  stat: (root) => [`${root}/f`, {}],
  statfs: (root) => [`${root}/f`, {}],
  symlink: (root) => ['f', `${root}/g`, 'file'],
  truncate: (root) => [`${root}/f`, 1],
  unlink: (root) => [`${root}/f`],
  utimes: (root) => [`${root}/f`, 1, 2],
  writeFile: (root) => [`${root}/f`, 'x', {}],
};

const HANDLE_CALLS: Readonly<Record<string, () => unknown[]>> = {
  appendFile: () => ['x', {}],
  chmod: () => [0o644],
  chown: () => [-1, -1],
  read: () => [new Uint8Array(4), 0, 4, 0],
  readFile: () => [{}],
  readv: () => [[new Uint8Array(4)], 0],
  stat: () => [{}],
  truncate: () => [1],
  utimes: () => [1, 2],
  write: () => [Uint8Array.of(1, 2, 3, 4), 0, 4, 0],
  writeFile: () => ['x', {}],
  writev: () => [[new Uint8Array(4)], 0],
};

/** Where Node is not asked: it ends its own process, waits for ever, or reaches out of the test's directory. */
const NOT_ASKED: readonly RegExp[] = [
  /^(chmod|mkdir|open) \d 2 \*\* 31$/,
  /^opendir 1 a function$/,
  /^handle chmod 0 2 \*\* 31$/,
  /^handle (read|readv|write|writev) /,
  /^cp 1 a file: URL$/,
];

/** Where the machine differs from Node 20 and Node 22, and why. */
const DIFFERENCES: readonly (readonly [calls: RegExp, reason: string])[] = [
  [/ (an ArrayBuffer|a SharedArrayBuffer)$/, 'an ArrayBuffer is taken for content'],
  [/^(handle )?(writeFile|appendFile) \d (a Map|\[1, null\])$/, 'a piece that is an array is no content'],
  [/ a detached Uint8Array$/, 'Node fails without a code'],
  [/ null$/, 'Node reads a property of null: TypeError without a code'],
  [
    / (a Proxy that refuses|an object whose (getters|toString) throws?)$/,
    'in Node the message of the error asks it, and fails',
  ],
  [/^(access|copyFile) \d /, 'a mode that is no integer is out of range; Node cuts it off, by version'],
  [/^cp [01] (an empty|bytes)/, 'a path of bytes is taken; Node 20 refuses it in the middle'],
  [/^(open|handle write|handle read) 1 -1$/, 'every flag at once: EINVAL or ENOTDIR by the version of Linux'],
  [/^(lutimes|utimes|handle utimes) \d (2 \*\* 53|1e300|-1)$/, 'what a host’s file system makes of such times varies'],
  [/^rmdir 1 /, 'the options of rmdir differ by the version of Node'],
  [/^symlink 2 /, 'the types of links that are refused differ by the version of Node'],
  [/^statfs \d /, 'a host’s file system may not tell'],
  [/^(lutimes|utimes|handle utimes) \d an invalid Date$/, 'EINVAL as in Node 20; Node 24 sets some time'],
  [
    /^(handle )?readFile \d (.*(Array|Buffer|View)|bytes .*)$/,
    'Node 24 has an option `buffer`, which every view has by accident',
  ],
  [/^mkdtemp 0 ''$/, 'a name of the working directory’s'],
  [/^mkdtemp 0 an empty Uint8Array$/, 'a name of the working directory’s'],
];

const isNoted = (list: readonly RegExp[], key: string): boolean => list.some((pattern) => pattern.test(key));

/** Nothing may take this long. */
const DEADLINE_MS = 20_000;

async function outcomeOf(run: () => unknown): Promise<Outcome> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(Object.assign(new Error('no answer'), { code: 'HANG' })), DEADLINE_MS);
  });
  try {
    const value = (await Promise.race([run(), late])) as { close?: () => Promise<void> } | undefined;
    if (typeof value?.close === 'function') await value.close();
    return { kind: 'a result', code: undefined, message: '' };
  } catch (error) {
    const { name, code, message } = error as Error & { code?: string };
    return { kind: name === 'FusedError' ? 'Error' : name, code, message: String(message) };
  } finally {
    clearTimeout(timer);
  }
}

function briefly({ kind, code, message }: Outcome): string {
  const argument = /^ERR_(INVALID_ARG_TYPE|OUT_OF_RANGE)$/.test(code ?? '')
    ? /"([^"]+)"/.exec(message)?.[1]
    : undefined;
  return [kind, code, argument].filter((part) => part !== undefined).join(' ');
}

/** An outcome that says what was wrong, or a result. */
function isDefinite({ kind, code, message }: Outcome): boolean {
  if (kind === 'a result') return true;
  return (
    /of the caller$/.test(message) ||
    (code !== undefined && /^(ERR_|E[A-Z]|ABORT_ERR)/.test(code) && !/of fusedos itself/.test(message))
  );
}

async function prepare({ fs }: Machine, root: string): Promise<void> {
  await fs.mkdir(`${root}/d`, { recursive: true });
  await fs.writeFile(`${root}/f`, 'content');
  await fs.symlink('f', `${root}/l`);
}

function prepareHost(root: string): void {
  mkdirSync(`${root}/d`, { recursive: true });
  writeFileSync(`${root}/f`, 'content');
  symlinkSync('f', `${root}/l`);
}

let turn = 0;
/** All of them in the long tests; elsewhere some, others for each argument. */
function oddValues(): readonly OddValue[] {
  const every = Math.round(ODD_VALUES.length / rounds(ODD_VALUES.length));
  turn++;
  return ODD_VALUES.filter((_odd, index) => (index + turn) % every === 0);
}

function* sweep(calls: Readonly<Record<string, (root: string) => unknown[]>>): Generator<[string, number, OddValue]> {
  for (const [name, args] of Object.entries(calls)) {
    for (let index = 0; index < args('').length; index++) {
      for (const odd of oddValues()) yield [name, index, odd];
    }
  }
}

/** What was seen on the machine that was asked first: the others do the same. */
const seen = new Map<string, string>();

describe.each([
  ['a machine', undefined],
  ['a machine without shared memory', false],
] as const)('%s', (_name, sharedMemory) => {
  let machine: Machine;
  let directory: string;
  const before = process.cwd();

  beforeAll(async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    machine = await boot({ appCores: 1, ...(sharedMemory === undefined ? {} : { sharedMemory }) });
    directory = mkdtempSync(join(tmpdir(), 'fusedos-arguments-'));
    // Paths that are not absolute begin there, and in the machine at `/`.
    process.chdir(directory);
  });
  afterAll(async () => {
    process.chdir(before);
    rmSync(directory, { recursive: true, force: true });
    await machine.close();
  });

  it('does with odd values what node:fs/promises does, and stays alive', async () => {
    const [ours, theirs] = [machine.fs, hostFs] as unknown as [Functions, Functions];
    const unlike: string[] = [];
    turn = 0;
    let calls = 0;
    for (const [name, index, odd] of sweep(CALLS)) {
      const key = `${name} ${index} ${odd.name}`;
      const [root, hostRoot] = [`/tmp/case-${++calls}`, join(directory, `case-${calls}`)];
      await prepare(machine, root);
      const args = (CALLS[name]?.(root) ?? []).with(index, odd.make());
      const outcome = await outcomeOf(() => ours[name]?.(...args));
      if (!isDefinite(outcome)) unlike.push(`${key}: ${briefly(outcome)} ${outcome.message}`);
      // It makes what is above its destination.
      if (name === 'cp') await machine.fs.rm('/nowhere', { recursive: true, force: true });
      const first = seen.get(key);
      if (first !== undefined) {
        if (briefly(outcome) !== first) unlike.push(`${key}: ${briefly(outcome)}; with shared memory: ${first}`);
        continue;
      }
      seen.set(key, briefly(outcome));
      if (isNoted(NOT_ASKED, key)) continue;
      prepareHost(hostRoot);
      const hostArgs = (CALLS[name]?.(hostRoot) ?? []).with(index, odd.make());
      const expected = briefly(await outcomeOf(() => theirs[name]?.(...hostArgs)));
      if (briefly(outcome) === expected || DIFFERENCES.some(([pattern]) => pattern.test(key))) continue;
      unlike.push(`${key}: ${briefly(outcome)}; Node: ${expected}`);
    }
    expect(unlike).toEqual([]);
    expect(calls).toBeGreaterThanOrEqual(rounds(2500));
    await expectAlive(machine);
  }, 600_000);

  it('does with odd values for an open file what Node’s FileHandle does', async () => {
    const [ours, theirs] = [machine.fs, hostFs] as unknown as [Functions, Functions];
    const unlike: string[] = [];
    for (const [name, index, odd] of sweep(HANDLE_CALLS)) {
      const key = `handle ${name} ${index} ${odd.name}`;
      const run = async (fs: Functions, path: string): Promise<Outcome> => {
        await fs['writeFile']?.(path, 'contents of some length');
        const handle = (await fs['open']?.(path, 'r+')) as Functions;
        const args = (HANDLE_CALLS[name]?.() ?? []).with(index, odd.make());
        const outcome = await outcomeOf(() => handle[name]?.(...args));
        await handle['close']?.();
        return outcome;
      };
      const outcome = await run(ours, '/tmp/handle');
      if (!isDefinite(outcome)) unlike.push(`${key}: ${briefly(outcome)} ${outcome.message}`);
      if (isNoted(NOT_ASKED, key)) continue;
      const expected = briefly(await run(theirs, join(directory, 'handle')));
      if (briefly(outcome) === expected || DIFFERENCES.some(([pattern]) => pattern.test(key))) continue;
      unlike.push(`${key}: ${briefly(outcome)}; Node: ${expected}`);
    }
    expect(unlike).toEqual([]);
    await expectAlive(machine);
  }, 600_000);

  it('gives a result or says what is wrong where Node has no such function', async () => {
    const { fs } = machine;
    const image = await fs.save({ path: '/proc/..' }).bytes();
    const drain = async (read: () => ReadableStream<unknown>): Promise<void> => {
      for await (const _ of read() as AsyncIterable<unknown>);
    };
    const pour = async (write: () => WritableStream<never>): Promise<void> => await write().getWriter().close();
    const calls: Readonly<Record<string, (odd: unknown) => unknown>> = {
      'save 0': (odd) => drain(() => fs.save(odd as never)),
      'save path': (odd) => drain(() => fs.save({ path: odd as never })),
      'save gzip': (odd) => drain(() => fs.save({ path: '/tmp', gzip: odd as never })),
      'restore 0': (odd) => fs.restore(odd as never, { path: '/odd', merge: true }),
      'restore 1': (odd) => fs.restore(image, odd as never),
      'restore path': (odd) => fs.restore(image, { path: odd as never }),
      'restore merge': (odd) => fs.restore(image, { merge: odd as never }),
      'restore pieces': (odd) => fs.restore([odd] as never, { path: '/odd', merge: true }),
      'changes 0': (odd) => fs.changes(odd as never),
      'toVolume 0': (odd) => fs.toVolume(odd as never),
      'fromVolume 0': (odd) => fs.fromVolume(odd as never),
      'createReadStream 0': (odd) => drain(() => fs.createReadStream(odd as never)),
      'createReadStream 1': (odd) => drain(() => fs.createReadStream('/proc/version', odd as never)),
      'createReadStream start': (odd) => drain(() => fs.createReadStream('/proc/version', { start: odd as never })),
      'createReadStream end': (odd) => drain(() => fs.createReadStream('/proc/version', { end: odd as never })),
      'createReadStream highWaterMark': (odd) =>
        drain(() => fs.createReadStream('/proc/version', { highWaterMark: odd as never })),
      'createWriteStream 0': (odd) => pour(() => fs.createWriteStream(odd as never) as never),
      'createWriteStream 1': (odd) => pour(() => fs.createWriteStream('/tmp/w', odd as never) as never),
      'createWriteStream start': (odd) => pour(() => fs.createWriteStream('/tmp/w', { start: odd as never }) as never),
      'createWriteStream chunk': async (odd) => {
        const writer = fs.createWriteStream('/tmp/w').getWriter();
        writer.closed.catch(() => {});
        await writer.write(odd as never);
        await writer.close();
      },
      'mount 0': (odd) => machine.mount(odd as never, '/mnt'),
      'mount 1': (odd) => machine.mount({ type: 'tmpfs' }, odd as never),
      'unmount 0': (odd) => machine.unmount(odd as never),
    };
    for (const key of ['type', 'path', 'size', 'mode', 'readOnly', 'volume', 'lower']) {
      for (const type of ['host', 'tmpfs', 'memfs', 'overlay', 'opfs']) {
        (calls as Record<string, (odd: unknown) => unknown>)[`mount ${type} ${key}`] = (odd) =>
          machine.mount({ type, [key]: odd } as never, '/mnt');
      }
    }
    const unlike: string[] = [];
    for (const [name, call] of Object.entries(calls)) {
      for (const odd of oddValues()) {
        const outcome = await outcomeOf(async () => void (await call(odd.make())));
        if (!isDefinite(outcome)) unlike.push(`${name} ${odd.name}: ${briefly(outcome)} ${outcome.message}`);
        await machine.unmount('/mnt').catch(() => {});
      }
    }
    expect(unlike).toEqual([]);
    await expectAlive(machine);
  }, 600_000);
});

it.each(['mounts', 'image'])(
  'boot refuses odd values of `%s`, or boots',
  async (option) => {
    const unlike: string[] = [];
    for (const odd of oddValues()) {
      for (const value of option === 'mounts' ? [odd.make(), { '/mnt': odd.make() }] : [odd.make()]) {
        const outcome = await outcomeOf(() => boot({ appCores: 1, spareCores: 0, [option]: value }));
        if (!isDefinite(outcome)) unlike.push(`${odd.name}: ${briefly(outcome)} ${outcome.message}`);
      }
    }
    expect(unlike).toEqual([]);
  },
  240_000,
);

async function expectAlive({ fs }: Machine): Promise<void> {
  await fs.writeFile('/tmp/alive', 'yes');
  expect(await fs.readFile('/tmp/alive', 'utf8')).toBe('yes');
  expect(await fs.readdir('/proc/1/fd')).toEqual([]);
}
