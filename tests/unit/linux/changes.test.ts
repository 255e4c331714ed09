// What a checkpoint tells: which paths are new, other and gone since.

import { describe, expect, it } from 'vitest';
import { rounds } from '../../support/long.ts';
import { type SeededRandom, seededRandom, seedOfRun } from '../../support/seeded-random.ts';
import { archive, failure, restore, type Subject, subject, TOP } from './image-support.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

interface Changes {
  readonly created: string[];
  readonly changed: string[];
  readonly removed: string[];
}

const NOTHING = { created: [], changed: [], removed: [] };

function changesOf(of: Subject, checkpoint?: unknown): Changes {
  return of.request('changes', ...(checkpoint === undefined ? [] : [checkpoint])) as Changes;
}

/** A tree with a file, a directory with one, and a checkpoint of it. */
function start(): { of: Subject; id: unknown } {
  const of = subject();
  of.request('writeFile', `${TOP}/file`, bytes('one'));
  of.request('mkdir', `${TOP}/d/sub`, { recursive: true });
  of.request('writeFile', `${TOP}/d/sub/inner`, bytes('inner'));
  return { of, id: of.request('checkpoint') };
}

describe('since a checkpoint', () => {
  it.each<readonly [what: string, steps: readonly (readonly [string, ...unknown[]])[], expected: Partial<Changes>]>([
    ['nothing has changed', [], {}],
    [
      'reading is no change',
      [
        ['readFile', 'file'],
        ['readdir', 'd'],
        ['stat', 'file'],
      ],
      {},
    ],
    ['a file was made', [['writeFile', 'new', bytes('x')]], { created: ['new'] }],
    ['a file was written', [['writeFile', 'file', bytes('x'), { flag: 'a' }]], { changed: ['file'] }],
    ['a file was written in place of itself', [['writeFile', 'file', bytes('one')]], { changed: ['file'] }],
    ['a file was cut', [['truncate', 'file', 1]], { changed: ['file'] }],
    ['a mode was changed', [['chmod', 'd', 0o700]], { changed: ['d'] }],
    ['times were set', [['utimes', 'file', 5, 5]], { changed: ['file'] }],
    ['a file was removed', [['unlink', 'file']], { removed: ['file'] }],
    ['a tree was removed', [['rm', 'd', { recursive: true }]], { removed: ['d', 'd/sub', 'd/sub/inner'] }],
    [
      'a file came and went',
      [
        ['writeFile', 'new', bytes('x')],
        ['unlink', 'new'],
      ],
      {},
    ],
    [
      'a file went and came',
      [
        ['unlink', 'file'],
        ['writeFile', 'file', bytes('one')],
      ],
      { changed: ['file'] },
    ],
    [
      'a file went and a directory came',
      [
        ['unlink', 'file'],
        ['mkdir', 'file'],
      ],
      { changed: ['file'] },
    ],
    [
      'a tree went and a file came',
      [
        ['rm', 'd', { recursive: true }],
        ['writeFile', 'd', bytes('')],
      ],
      { changed: ['d'], removed: ['d/sub', 'd/sub/inner'] },
    ],
    ['a file was renamed', [['rename', 'file', 'other']], { created: ['other'], removed: ['file'] }],
    [
      'a file was renamed and back',
      [
        ['rename', 'file', 'other'],
        ['rename', 'other', 'file'],
      ],
      {},
    ],
    [
      'a file replaced another',
      [
        ['writeFile', 'new', bytes('x')],
        ['rename', 'new', 'file'],
      ],
      { changed: ['file'] },
    ],
    [
      'a directory was renamed',
      [['rename', 'd', 'e']],
      { created: ['e', 'e/sub', 'e/sub/inner'], removed: ['d', 'd/sub', 'd/sub/inner'] },
    ],
    [
      'a renamed directory lost a file',
      [
        ['rename', 'd', 'e'],
        ['unlink', 'e/sub/inner'],
      ],
      { created: ['e', 'e/sub'], removed: ['d', 'd/sub', 'd/sub/inner'] },
    ],
    ['a file has a second name', [['link', 'file', 'twin']], { created: ['twin'] }],
    [
      'a file was written by its second name',
      [
        ['link', 'file', 'twin'],
        ['writeFile', 'twin', bytes('x')],
      ],
      { created: ['twin'], changed: ['file'] },
    ],
    ['a symbolic link was made', [['symlink', 'file', 'link']], { created: ['link'] }],
  ])('%s', (_what, steps, expected) => {
    const { of, id } = start();
    for (const [operation, ...args] of steps) {
      const takesPaths = operation === 'rename' || operation === 'link' ? 2 : 1;
      const isSymlink = operation === 'symlink';
      of.request(
        operation,
        ...args.map((arg, i) => (i < takesPaths !== isSymlink && typeof arg === 'string' ? `${TOP}/${arg}` : arg)),
      );
    }
    const under = Object.entries({ ...NOTHING, ...expected }).map(([kind, paths]) => [
      kind,
      paths.map((path) => `${TOP}/${path}`),
    ]);
    expect(changesOf(of, id)).toEqual(Object.fromEntries(under));
  });

  it('several are open at once, and end one by one', () => {
    const { of, id: first } = start();
    of.request('writeFile', `${TOP}/a`, bytes(''));
    const second = of.request('checkpoint');
    of.request('unlink', `${TOP}/a`);
    of.request('unlink', `${TOP}/file`);
    expect(changesOf(of, first)).toEqual({ ...NOTHING, removed: [`${TOP}/file`] });
    expect(changesOf(of, second)).toEqual({ ...NOTHING, removed: [`${TOP}/a`, `${TOP}/file`] });
    of.request('checkpointEnd', second);
    of.request('rm', `${TOP}/d`, { recursive: true });
    expect(changesOf(of, first).removed).toEqual(['d', 'd/sub', 'd/sub/inner', 'file'].map((path) => `${TOP}/${path}`));
    expect(failure(() => changesOf(of, second)).code).toBe('EBADF');
  });

  it('of the boot tell all that was done, in every file system in memory', () => {
    const of = subject();
    of.request('writeFile', '/tmp/x', bytes(''));
    of.request('writeFile', `${TOP}/y`, bytes(''));
    expect(changesOf(of)).toEqual({ ...NOTHING, created: ['/tmp/x', TOP, `${TOP}/y`] });
    of.request('booted');
    expect(changesOf(of)).toEqual(NOTHING);
  });

  it('a restored image is told file by file', () => {
    const { of, id } = start();
    restore(
      of,
      archive({ name: 'file', body: 'x' }, { name: 'd/', type: '5', patch: [[100, '0000755\0']] }, { name: 'new' }),
    );
    expect(changesOf(of, id)).toEqual({
      created: [`${TOP}/new`],
      changed: [`${TOP}/file`],
      removed: [`${TOP}/d/sub`, `${TOP}/d/sub/inner`],
    });
  });

  it('what a program makes and removes again is not remembered', () => {
    const { of, id } = start();
    for (let i = 0; i < 1000; i++) {
      of.request('writeFile', `${TOP}/${i}`, bytes(''));
      of.request('unlink', `${TOP}/${i}`);
    }
    expect(changesOf(of, id)).toEqual(NOTHING);
  });

  it('random work shows as the difference of two listings', () => {
    const seed = seedOfRun();
    const random = seededRandom(seed);
    for (let round = 0; round < rounds(40); round++) {
      const of = subject();
      work(of, random, 40);
      const before = listing(of);
      const id = of.request('checkpoint');
      work(of, random, 1 + random.below(40));
      if (random.oneIn(2)) of.request('checkpointEnd', of.request('checkpoint'));
      work(of, random, random.below(20));
      const after = listing(of);
      expect(changesOf(of, id), `FUSEDOS_SEED=${seed}, round ${round}`).toEqual({
        created: [...after.keys()].filter((path) => !before.has(path)).sort(),
        changed: [...after.keys()].filter((path) => before.has(path) && before.get(path) !== after.get(path)).sort(),
        removed: [...before.keys()].filter((path) => !after.has(path)).sort(),
      });
    }
  });
});

const NAMES = ['a', 'b', 'c'] as const;

/** Each change of mode is one: no file has the mode that it gets. */
let modes = 0;

/** Random operations; those that cannot be done are left. */
function work(of: Subject, random: SeededRandom, count: number): void {
  const path = (): string =>
    `${TOP}${Array.from({ length: 1 + random.below(3) }, () => `/${random.pick(NAMES)}`).join('')}`;
  for (let i = 0; i < count; i++) {
    // Each change has a time of its own, also in milliseconds.
    of.guest.nowNs += 1e6;
    const operations: readonly [readonly unknown[], ...(readonly unknown[])[]] = [
      ['writeFile', path(), bytes('x')],
      ['mkdir', path()],
      ['rm', path(), { recursive: true }],
      ['rename', path(), path()],
      ['link', path(), path()],
      ['symlink', 'x', path()],
      ['chmod', path(), 0o7000 | (modes++ % 512)],
    ];
    const [operation, ...args] = random.pick(operations as [unknown[], ...unknown[][]]);
    try {
      of.request(operation as string, ...args);
    } catch {
      // As a program's would fail.
    }
  }
}

/** What tells a file from its later self, by path: for directories the identity and mode alone. */
function listing(of: Subject): Map<string, string> {
  const found = new Map<string, string>();
  const visit = (path: string): void => {
    const { mode, ino, mtimeMs } = of.request('lstat', path) as Record<'mode' | 'ino' | 'mtimeMs', number>;
    const isDirectory = (mode & 0o170000) === 0o040000;
    found.set(path, `${ino} ${mode} ${isDirectory ? '' : mtimeMs}`);
    if (!isDirectory) return;
    for (const { name } of of.request('readdir', path) as { name: string }[]) visit(`${path}/${name}`);
  };
  visit(TOP);
  return found;
}
