// A mounted Volume against the file system in memory: the same random calls on both give the same results, and leave the
// same tree. FUSEDOS_SEED repeats a run.

import { Volume } from 'memfs';
import { expect, it } from 'vitest';
import { MemoryFileSystem } from '../../../personalities/linux/index.ts';
import { OFLAGS } from '../../../runtime/abi/wasi/types.ts';
import { rounds } from '../../support/long.ts';
import { type SeededRandom, seededRandom, seedOfRun } from '../../support/seeded-random.ts';
import { about, treeOf } from '../linux/guest-tree.ts';
import { FILE_RIGHTS, type Guest } from '../linux/harness.ts';
import { mountVolume } from './support.ts';

const NAMES = ['a', 'b', 'c', 'd'] as const;
const TARGETS = ['a', '../b', 'c/d', 'nowhere'] as const;
const ROUNDS = rounds(30);
const STEPS = 150;
const FOLLOW = 1;

/** A path of one to three names, now and then with what makes paths hard. */
function path(random: SeededRandom): string {
  const names = Array.from({ length: 1 + random.below(3) }, () => random.pick(NAMES));
  const end = random.oneIn(12) ? random.pick(['/', '/.', '/..']) : '';
  return names.join('/') + end;
}

type Step = (guest: Guest, top: string) => unknown;

function step(random: SeededRandom): [name: string, run: Step] {
  const one = path(random);
  const two = path(random);
  const target = random.pick(TARGETS);
  const follow = random.below(2);
  const text = 'x'.repeat(random.pick([0, 1, 10, 5000]));
  const offset = random.pick([0, 3, 700, 6000]);
  const size = BigInt(random.pick([0, 1, 500, 9000]));
  const oflags = random.pick([0, OFLAGS.CREAT, OFLAGS.CREAT | OFLAGS.EXCL, OFLAGS.TRUNC, OFLAGS.CREAT | OFLAGS.TRUNC]);
  const steps: [string, Step][] = [
    [`mkdir ${one}`, (guest, top) => guest.mkdir(`${top}/${one}`)],
    [`rmdir ${one}`, (guest, top) => guest.path('path_remove_directory', `${top}/${one}`)],
    [`unlink ${one}`, (guest, top) => guest.path('path_unlink_file', `${top}/${one}`)],
    [`rename ${one} ${two}`, (guest, top) => guest.rename(`${top}/${one}`, `${top}/${two}`)],
    [`link ${one} ${two} ${follow}`, (guest, top) => guest.link(`${top}/${one}`, `${top}/${two}`, follow)],
    [`symlink ${target} ${one}`, (guest, top) => guest.symlink(target, `${top}/${one}`)],
    [`stat ${one} ${follow}`, (guest, top) => about(guest.stat(`${top}/${one}`, follow))],
    [
      `write ${one} ${oflags} ${text.length}@${offset}`,
      (guest, top) => {
        const fd = guest.open(`${top}/${one}`, oflags, FILE_RIGHTS, 0, FOLLOW);
        if (typeof fd === 'string') return fd;
        const results = [
          guest.pwrite(fd, text, offset),
          guest.pread(fd, 8000, 0),
          guest.call('fd_filestat_set_size', fd, size),
          guest.size(fd),
          guest.pread(fd, 8000, 1),
        ];
        guest.call('fd_close', fd);
        return results;
      },
    ],
  ];
  return random.pick(steps as [(typeof steps)[0], ...typeof steps]);
}

it.each([
  ['mounted', 'vol/top', false],
  ['as the root', 'top', true],
] as const)('a Volume %s is what the file system in memory is', (_where, top, isRoot) => {
  const seed = seedOfRun();
  const random = seededRandom(seed);
  for (let round = 0; round < ROUNDS; round++) {
    const { guest, foreign } = mountVolume({ volume: new Volume(), isRoot });
    const fileSystem = new MemoryFileSystem({ clock: guest.linux.clock, quotaBytes: 64 << 20 });
    guest.linux.mount({ path: '/ref', fileSystem, readOnly: false });
    // Links that lead up must stay on their side.
    for (const one of ['ref/top', top]) expect(guest.mkdir(one)).toBe('OK');
    const done: string[] = [];
    for (let count = 0; count < STEPS; count++) {
      const [name, run] = step(random);
      const expected = run(guest, 'ref/top');
      const actual = run(guest, top);
      done.push(`${name} → ${JSON.stringify(expected).slice(0, 60)}`);
      const history = `seed ${seed}, round ${round}:\n${done.slice(-12).join('\n')}`;
      expect(actual, history).toEqual(expected);
      if (count % 25 === 24) expect(treeOf(guest, top), history).toEqual(treeOf(guest, 'ref/top'));
    }
    expect(foreign).toEqual([]);
  }
});
