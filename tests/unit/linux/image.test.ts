// Images of trees: what is saved is what is restored, whoever restores it.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { treeOf } from '../../../personalities/linux/index.ts';
import { rounds } from '../../support/long.ts';
import { seededRandom, seedOfRun } from '../../support/seeded-random.ts';
import {
  ALL_TRAITS,
  describeTree,
  has,
  missingGnuTar,
  missingRoot,
  randomTree,
  restore,
  save,
  subject,
  TOP,
  type TreeTraits,
} from './image-support.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'fusedos-image-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const GIB = 2 ** 30;

describe('an image', () => {
  it('of any tree restores the same tree', () => {
    const seed = seedOfRun();
    const random = seededRandom(seed);
    for (let round = 0; round < rounds(60); round++) {
      const from = subject(randomTree(random));
      const into = subject(randomTree(random));
      try {
        const paths = Object.keys(describeTree(from)).length;
        restore(into, save(from), { piece: 1 + random.below(random.pick([100, 5000, 1 << 20])) });
        expect(describeTree(into)).toEqual(describeTree(from));
        // Not more and not less than the same tree costs when it is made by hand.
        expect(into.fileSystem.inodes).toBe(from.fileSystem.inodes);
        // A hole of less than a page may have become zeros.
        expect(into.fileSystem.quota.used).toBeLessThanOrEqual(from.fileSystem.quota.used + 8 * 4096 * paths);
        const { used } = into.fileSystem.quota;
        restore(into, save(into));
        expect(into.fileSystem.quota.used).toBeLessThanOrEqual(used + 8 * 4096 * paths);
        restore(into, save(subject()));
        expect({ used: into.fileSystem.quota.used, inodes: into.fileSystem.inodes }).toEqual({ used: 0, inodes: 1 });
      } catch (error) {
        throw new Error(`FUSEDOS_SEED=${seed}, round ${round}`, { cause: error });
      }
    }
  });

  it('has no mounted file system, only where it stands', () => {
    const from = subject([entry('in', 0o040755), file('in/file', 'x')]);
    const inner = subject([file('hidden', 'y')]);
    from.guest.linux.mount({ path: `${TOP}/in`, fileSystem: inner.fileSystem, readOnly: false });
    const into = subject();
    restore(into, save(from));
    expect(treeOf(into.fileSystem).map(({ path }) => path)).toEqual(['', 'in']);
  });

  it('of the whole tree has /tmp and what stands at the top', () => {
    const from = subject();
    from.request('writeFile', '/note', new TextEncoder().encode('text'));
    const into = subject();
    restore(into, save(from, '/'));
    const names = treeOf(into.fileSystem).map(({ path, mode }) => [path, (mode & 0o7777).toString(8)]);
    expect(names).toEqual(
      expect.arrayContaining([
        ['tmp', '1777'],
        ['dev', '755'],
        ['tree', '755'],
        ['note', '644'],
      ]),
    );
  });

  it('is of the moment when it was asked for', () => {
    const contents = ['a', 'b', 'c', 'd', 'e'].map((name) => file(name, name.repeat(3_000_000)));
    const from = subject(contents);
    const before = describeTree(from);
    const { used } = from.fileSystem.quota;
    const id = from.request('saveBegin', TOP);
    const pieces = [from.request('saveRead', id) as Uint8Array];
    const bytes = new TextEncoder().encode('new');
    for (const name of ['a', 'e']) {
      const descriptor = from.guest.fd(`tree/${name}`);
      from.guest.pwrite(descriptor, 'over', 1_500_000);
      from.guest.pwrite(descriptor, 'over', 2_600_000);
      from.guest.call('fd_close', descriptor);
    }
    from.request('writeFile', `${TOP}/b`, bytes);
    from.request('truncate', `${TOP}/c`, 1_000_001);
    from.request('truncate', `${TOP}/c`, 2_000_000);
    from.request('unlink', `${TOP}/d`);
    from.request('writeFile', `${TOP}/e`, bytes, { flag: 'a' });
    from.request('writeFile', `${TOP}/f`, bytes);
    from.request('chmod', `${TOP}/a`, 0o600);
    for (;;) {
      const piece = from.request('saveRead', id) as Uint8Array | undefined;
      if (piece === undefined) break;
      pieces.push(piece);
    }
    const into = subject();
    restore(into, Buffer.concat(pieces));
    expect(describeTree(into)).toEqual(before);
    expect(from.request('readFile', `${TOP}/b`)).toEqual(bytes);
    // Back to the first state, the store is charged as at first.
    restore(from, Buffer.concat(pieces));
    expect(describeTree(from)).toEqual(before);
    expect(from.fileSystem.quota.used).toBeLessThanOrEqual(used);
  });

  it('that is not read to its end lets go of the files', () => {
    const from = subject([file('a', 'x'.repeat(100))]);
    from.request('saveEnd', from.request('saveBegin', TOP));
    const id = from.request('saveBegin', TOP);
    from.request('saveRead', id);
    from.request('saveRead', id);
    expect(() => from.request('saveRead', id)).toThrow('EBADF');
  });

  it('of a file of 8 GiB that is mostly holes is small, and restores the holes', () => {
    const segments = [0, 3 * GIB, 8 * GIB - 3].map((position) => ({ position, bytes: new Uint8Array([1, 2, 3]) }));
    const from = subject([{ ...file('sparse', ''), size: 8 * GIB, segments }]);
    const image = save(from);
    expect(image.length).toBeLessThan(30_000);
    const into = subject();
    restore(into, image);
    const [, found] = treeOf(into.fileSystem);
    expect(found).toMatchObject({ path: 'sparse', size: 8 * GIB });
    expect(into.fileSystem.quota.used).toBe(from.fileSystem.quota.used);
    const content = new Map(found?.segments?.map(({ position, bytes }) => [position, bytes]));
    expect([...(content.get(0) ?? [])].slice(0, 4)).toEqual([1, 2, 3, 0]);
    expect([...(content.get(3 * GIB) ?? [])].slice(0, 4)).toEqual([1, 2, 3, 0]);
    expect([...(content.get(8 * GIB - 4096) ?? [])].slice(-4)).toEqual([0, 1, 2, 3]);
  });

  it('of a sparse file all of which is a hole', () => {
    const from = subject([{ ...file('hole', ''), size: 20 * GIB, segments: [] }]);
    const into = subject();
    restore(into, save(from));
    expect(treeOf(into.fileSystem)[1]).toMatchObject({ size: 20 * GIB, segments: [] });
  });
});

const programs = [
  { program: 'tar', missing: missingGnuTar ?? missingRoot, extract: ['-xpf'], create: ['-cf'] },
  {
    program: 'bsdtar',
    missing: (has('bsdtar') ? undefined : 'skipped, because there is no bsdtar') ?? missingRoot,
    extract: ['-xpf'],
    create: ['-cf'],
  },
] as const;

/** What the formats of others keep. */
const FORMATS: readonly (readonly [
  program: string,
  format: string,
  options: readonly string[],
  traits: Partial<TreeTraits>,
])[] = [
  ['tar', 'pax', ['--sparse', '--sparse-version=1.0'], {}],
  ['tar', 'pax', ['--sparse', '--sparse-version=0.1'], {}],
  ['tar', 'pax', ['--sparse', '--sparse-version=0.0'], {}],
  ['tar', 'pax', [], {}],
  ['tar', 'gnu', ['--sparse'], { hasNanoseconds: false }],
  ['tar', 'gnu', [], { hasNanoseconds: false }],
  ['tar', 'ustar', [], { hasNanoseconds: false, hasOddTimes: false, hasLargeIds: false, hasLongNames: false }],
  ['tar', 'v7', [], { hasNanoseconds: false, hasOddTimes: false, hasLargeIds: false, hasLongNames: false }],
  // bsdtar writes times just before 1970 wrongly, and names of sparse files that are not UTF-8.
  ['bsdtar', 'pax', [], { hasOddTimes: false, hasBinaryNames: false }],
  ['bsdtar', 'gnutar', [], { hasNanoseconds: false, hasOddTimes: false }],
];

describe.each(programs)('$program', ({ program, missing, extract }) => {
  const formats = FORMATS.filter(([name]) => name === program);

  it.skipIf(missing !== undefined).each(formats)(
    `unpacks our images, and we its own: %s --format=%s %j${missing ? ` (${missing})` : ''}`,
    (_program, format, options, traits) => {
      const seed = seedOfRun();
      const random = seededRandom(seed);
      for (let round = 0; round < rounds(6, 3); round++) {
        const from = subject(randomTree(random, { ...ALL_TRAITS, hasFarTimes: false, ...traits }));
        const before = describeTree(from);
        const top = join(directory, `${round}`);
        mkdirSync(top);
        writeFileSync(`${top}.tar`, save(from));
        try {
          run(program, [...extract, `${top}.tar`, '-C', top]);
          run(program, ['-cf', `${top}.back.tar`, `--format=${format}`, ...options, '-C', top, '.']);
          const into = subject();
          restore(into, readFileSync(`${top}.back.tar`), { piece: 10_000 });
          // bsdtar leaves the time of the directory into which it unpacks.
          expect({ ...describeTree(into), '': undefined }).toEqual({ ...before, '': undefined });
        } catch (error) {
          throw new Error(`FUSEDOS_SEED=${seed}, round ${round}`, { cause: error });
        }
      }
    },
  );

  it.skipIf(missing !== undefined)('has nothing to say against our images', () => {
    const from = subject(randomTree(seededRandom(7)));
    writeFileSync(join(directory, 'image.tar'), save(from));
    const listed = run(program, ['-tf', join(directory, 'image.tar')]);
    expect(listed.trim().split('\n').length).toBeGreaterThan(1);
  });
});

function run(program: string, args: readonly string[]): string {
  const env = { ...process.env, LC_ALL: 'C.UTF-8' };
  return execFileSync(program, args, { encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'pipe'] });
}

function entry(path: string, mode: number) {
  return { path, mode, uid: 0, gid: 0, mtimeSec: 1, mtimeNsec: 2 };
}

function file(path: string, text: string) {
  const bytes = new TextEncoder().encode(text);
  return { ...entry(path, 0o100644), size: bytes.length, segments: [{ position: 0, bytes }] };
}
