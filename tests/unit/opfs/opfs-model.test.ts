// OPFS against the file system in memory: the same random calls on both, of those that both support, give the same results
// and leave the same tree, also for another tab and for who has files open meanwhile. FUSEDOS_SEED repeats a run.

import { expect, it, vi } from 'vitest';
import { MemoryFileSystem } from '../../../personalities/linux/index.ts';
import { OFLAGS } from '../../../runtime/abi/wasi/types.ts';
import { rounds } from '../../support/long.ts';
import { type SeededRandom, seededRandom, seedOfRun } from '../../support/seeded-random.ts';
import { about, isDirectory, treeOf } from '../linux/guest-tree.ts';
import { FILE_RIGHTS, type Guest } from '../linux/harness.ts';
import { FakeBrowser, fakeForTests } from './support.ts';

const NAMES = ['a', 'b', 'c'] as const;
const ROUNDS = rounds(12);
const STEPS = 150;
const HELD = 4;

const fake = fakeForTests();

/** Files that stay open between steps, the same in both file systems, by number. */
type Held = Map<number, Record<'data' | 'ref', number>>;
type Top = 'data' | 'ref';
type Step = (guest: Guest, top: Top) => unknown;

function path(random: SeededRandom): string {
  const names = Array.from({ length: 1 + random.below(2) }, () => random.pick(NAMES));
  return names.join('/') + (random.oneIn(15) ? '/' : '');
}

function step(random: SeededRandom, held: Held): [name: string, run: Step] {
  const one = path(random);
  const two = path(random);
  const number = random.below(HELD);
  const text = String.fromCharCode(97 + random.below(26)).repeat(random.pick([0, 1, 10, 5000]));
  const offset = random.pick([0, 3, 700, 6000]);
  const size = BigInt(random.pick([0, 1, 500, 9000]));
  const oflags = random.pick([0, OFLAGS.CREAT, OFLAGS.CREAT | OFLAGS.EXCL, OFLAGS.TRUNC, OFLAGS.CREAT | OFLAGS.TRUNC]);
  const steps: [string, Step][] = [
    [`mkdir ${one}`, (guest, top) => guest.mkdir(`${top}/${one}`)],
    [`rmdir ${one}`, (guest, top) => guest.path('path_remove_directory', `${top}/${one}`)],
    [`unlink ${one}`, (guest, top) => guest.path('path_unlink_file', `${top}/${one}`)],
    [
      `rename ${one} ${two}`,
      (guest, top) => {
        // Directories do not move in OPFS.
        return isDirectory(guest.stat(`ref/${one}`)) ? 'skipped' : guest.rename(`${top}/${one}`, `${top}/${two}`);
      },
    ],
    [`stat ${one}`, (guest, top) => about(guest.stat(`${top}/${one}`))],
    [
      `hold ${number} ${one} ${oflags}`,
      (guest, top) => {
        const fd = guest.open(`${top}/${one}`, oflags, FILE_RIGHTS);
        if (typeof fd === 'string') return fd;
        const before = held.get(number);
        if (before !== undefined && before[top] >= 0) guest.call('fd_close', before[top]);
        held.set(number, Object.assign(before ?? { data: -1, ref: -1 }, { [top]: fd }));
        return 'open';
      },
    ],
    [
      `use ${number} ${text.length}@${offset} ${size}`,
      (guest, top) => {
        const fd = held.get(number)?.[top] ?? -1;
        if (fd < 0) return 'none';
        return [
          guest.pwrite(fd, text, offset),
          guest.pread(fd, 8000, 0),
          guest.call('fd_filestat_set_size', fd, size),
          about(guest.stat(fd)),
          guest.pread(fd, 8000, 1),
        ];
      },
    ],
    [
      `close ${number}`,
      (guest, top) => {
        const fds = held.get(number);
        if (fds === undefined || fds[top] < 0) return 'none';
        const result = guest.call('fd_close', fds[top]);
        fds[top] = -1;
        return result;
      },
    ],
  ];
  return random.pick(steps as [(typeof steps)[0], ...typeof steps]);
}

it('OPFS is what the file system in memory is, but for directories that move', async () => {
  const seed = seedOfRun();
  const random = seededRandom(seed);
  for (let round = 0; round < ROUNDS; round++) {
    const features = { hasMove: true, hasModes: random.oneIn(2), takesSharedViews: random.oneIn(2) };
    await using browser = new FakeBrowser(fake.path, features);
    const { guest } = await browser.mount();
    const { guest: other } = await browser.mount({ tab: 2 });
    const fileSystem = new MemoryFileSystem({ clock: guest.linux.clock, quotaBytes: 64 << 20 });
    guest.linux.mount({ path: '/ref', fileSystem, readOnly: false });
    const held: Held = new Map();
    const done: string[] = [];
    for (let count = 0; count < STEPS; count++) {
      const [name, run] = step(random, held);
      // The reference last: whether a step is skipped is asked of it.
      const actual = run(guest, 'data');
      const expected = run(guest, 'ref');
      done.push(`${name} → ${JSON.stringify(expected).slice(0, 60)}`);
      const history = `seed ${seed}, round ${round}:\n${done.slice(-12).join('\n')}`;
      expect(actual, history).toEqual(expected);
      if (count % 25 !== 24) continue;
      const whole = treeOf(guest, 'ref');
      expect(treeOf(guest, 'data'), history).toEqual(whole);
      expect(withoutSizes(treeOf(other, 'data')), history).toEqual(withoutSizes(whole));
    }
    for (const fds of held.values()) if (fds.data >= 0) expect(guest.call('fd_close', fds.data)).toBe('OK');
    // What was closed is known to the worker that closes it at one of the next calls.
    const state = await vi.waitFor(async () => {
      guest.stat('data');
      const now = await browser.look();
      expect(now.handles, `seed ${seed}`).toBe(0);
      return now;
    });
    expect(Object.keys(state.tree).filter((file) => file.startsWith('/.fusedos-unlinked/'))).toEqual([]);
  }
});

function withoutSizes(tree: Record<string, unknown>): string[] {
  return Object.keys(tree).sort();
}
