// OPFS against the file system in memory: the same random calls on both, of those that both support, give the same results
// and leave the same tree, also for another tab and for who has files open meanwhile. FUSEDOS_SEED repeats a run.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { MemoryFileSystem } from '../../../personalities/linux/index.ts';
import { OFLAGS } from '../../../runtime/abi/wasi-types.ts';
import { type SeededRandom, seededRandom, seedOfRun } from '../../support/seeded-random.ts';
import { temporaryDirectory } from '../hostfs/support.ts';
import { FILE_RIGHTS, type Guest } from '../linux/harness.ts';
import { bundleFake, FakeBrowser } from './support.ts';

const NAMES = ['a', 'b', 'c'] as const;
const ROUNDS = 12;
const STEPS = 150;
const HELD = 4;
const DIRECTORY = 3;

let built: ReturnType<typeof temporaryDirectory>;
let bundlePath: string;
beforeAll(() => {
  built = temporaryDirectory();
  bundlePath = bundleFake(built.path);
});
afterAll(() => built[Symbol.dispose]());

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
        const stat = guest.stat(`ref/${one}`);
        const movesDirectory = typeof stat !== 'string' && stat.type === DIRECTORY;
        return movesDirectory ? 'skipped' : guest.rename(`${top}/${one}`, `${top}/${two}`);
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

/** Links of directories are counted otherwise. */
function about(stat: ReturnType<Guest['stat']>): unknown {
  if (typeof stat === 'string') return stat;
  return stat.type === DIRECTORY ? [stat.type] : [stat.type, stat.size, stat.nlink];
}

/** Everything below a directory, by path. */
function tree(guest: Guest, top: Top): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  const pending: string[] = [top];
  for (const directory of pending) {
    const fd = guest.fd(directory, OFLAGS.DIRECTORY);
    expect(guest.call('fd_readdir', fd, 20_480, 4096, 2n, 64)).toBe('OK');
    const end = 20_480 + guest.u32();
    guest.call('fd_close', fd);
    const names: string[] = [];
    for (let at = 20_480; at + 24 <= end; ) {
      const length = guest.memory.readU32(at + 16);
      names.push(guest.string(at + 24, length));
      at += 24 + length;
    }
    for (const name of names.sort()) {
      const file = `${directory}/${name}`;
      const stat = guest.stat(file);
      found[file.slice(top.length)] = about(stat);
      if (typeof stat !== 'string' && stat.type === DIRECTORY) pending.push(file);
    }
  }
  return found;
}

it('OPFS is what the file system in memory is, but for directories that move', async () => {
  const seed = seedOfRun();
  const random = seededRandom(seed);
  for (let round = 0; round < ROUNDS; round++) {
    const features = { hasMove: true, hasModes: random.oneIn(2), takesSharedViews: random.oneIn(2) };
    await using browser = new FakeBrowser(bundlePath, features);
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
      const whole = tree(guest, 'ref');
      expect(tree(guest, 'data'), history).toEqual(whole);
      expect(withoutSizes(tree(other, 'data')), history).toEqual(withoutSizes(whole));
    }
    for (const fds of held.values()) if (fds.data >= 0) expect(guest.call('fd_close', fds.data)).toBe('OK');
    guest.stat('data');
    const state = await browser.look();
    expect(state.handles, `seed ${seed}`).toBe(0);
    expect(Object.keys(state.tree).filter((file) => file.startsWith('/.fusedos-unlinked/'))).toEqual([]);
  }
});

function withoutSizes(tree: Record<string, unknown>): string[] {
  return Object.keys(tree).sort();
}
