// Trees that are saved and restored by a Linux's own requests; trees written down for comparison, random trees, and archives
// made by hand.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { LinuxError, loadTree, MemoryFileSystem, type TreeEntry, treeOf } from '../../../personalities/linux/index.ts';
import type { SeededRandom } from '../../support/seeded-random.ts';
import { Guest } from './harness.ts';

/** Where the tree under test is mounted: a file system of its own, so that all of it is seen. */
export const TOP = '/tree';

export interface Subject {
  readonly guest: Guest;
  readonly fileSystem: MemoryFileSystem;
  request(operation: string, ...args: readonly unknown[]): unknown;
}

export function subject(entries: readonly TreeEntry[] = [], quotaBytes = 64 << 20): Subject {
  const guest = new Guest();
  const fileSystem = new MemoryFileSystem({ clock: guest.linux.clock, quotaBytes });
  const result = loadTree(fileSystem, entries);
  if (result < 0) throw new Error(`the tree cannot be made: ${result}`);
  guest.linux.mount({ path: TOP, fileSystem, readOnly: false });
  return { guest, fileSystem, request: (operation, ...args) => request(guest, operation, args) };
}

function request({ linux }: Guest, operation: string, args: readonly unknown[]): unknown {
  const outcomes: ({ value: unknown } | { error: LinuxError })[] = [];
  linux.request(operation, args, (outcome) => outcomes.push(outcome));
  while (outcomes.length === 0) linux.takeRunnable();
  const [outcome] = outcomes;
  if (outcome === undefined || 'error' in outcome) throw outcome?.error;
  return outcome.value;
}

export function save(from: Subject, path = TOP): Buffer {
  const id = from.request('saveBegin', path);
  const pieces: Uint8Array[] = [];
  for (;;) {
    const piece = from.request('saveRead', id) as Uint8Array | undefined;
    if (piece === undefined) return Buffer.concat(pieces);
    pieces.push(piece);
  }
}

export interface RestoreOptions {
  readonly path?: string;
  readonly merge?: boolean;
  /** Bytes a piece. */
  readonly piece?: number;
}

export function restore(into: Subject, image: Uint8Array, options: RestoreOptions = {}): void {
  const { path = TOP, merge = false, piece = 65_536 } = options;
  const id = into.request('restoreBegin', path, merge);
  for (let at = 0; at < image.length; at += piece) into.request('restoreWrite', id, image.subarray(at, at + piece));
  into.request('restoreEnd', id);
}

/** The error that something fails with. */
export function failure(run: () => void): LinuxError {
  try {
    run();
  } catch (error) {
    if (error instanceof LinuxError) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

/** By path, all that a tree is: attributes, contents, targets, which names are one file. Small files only. */
export function describeTree({ fileSystem }: Pick<Subject, 'fileSystem'>): Record<string, unknown> {
  return describeEntries(treeOf(fileSystem));
}

export function describeEntries(entries: readonly TreeEntry[]): Record<string, unknown> {
  const names = new Map<string, string[]>();
  for (const { path, sameAs } of entries) {
    const group = names.get(sameAs ?? path) ?? [];
    group.push(path);
    names.set(sameAs ?? path, group);
  }
  const described = entries.map((entry): [string, unknown] => {
    const { path, mode, uid, gid, mtimeSec, mtimeNsec, sameAs } = entry;
    const file = entries.find((other) => other.path === sameAs) ?? entry;
    const content = file.target ?? (file.size === undefined ? undefined : digest(file));
    const group = names.get(sameAs ?? path)?.toSorted();
    return [path, { mode: mode.toString(8), uid, gid, mtimeSec, mtimeNsec, size: file.size, content, names: group }];
  });
  return Object.fromEntries(described.sort(([a], [b]) => (a < b ? -1 : 1)));
}

const ZEROS = new Uint8Array(1 << 20);

function digest({ size = 0, segments = [] }: TreeEntry): string {
  const hash = createHash('sha1');
  let at = 0;
  const zeros = (end: number): void => {
    for (; at < end; at += Math.min(end - at, ZEROS.length))
      hash.update(ZEROS.subarray(0, Math.min(end - at, ZEROS.length)));
  };
  for (const { position, bytes } of segments) {
    zeros(position);
    hash.update(bytes);
    at += bytes.length;
  }
  zeros(size);
  return hash.digest('base64');
}

/** What a random tree may have; other programs keep less than we do. */
export interface TreeTraits {
  readonly hasLongNames: boolean;
  /** Names that are not UTF-8. */
  readonly hasBinaryNames: boolean;
  readonly hasNanoseconds: boolean;
  /** Times that ext4 does not keep. */
  readonly hasFarTimes: boolean;
  /** Times before 1970, and beyond 2242. */
  readonly hasOddTimes: boolean;
  readonly hasLargeIds: boolean;
}

export const ALL_TRAITS: TreeTraits = {
  hasLongNames: true,
  hasBinaryNames: true,
  hasNanoseconds: true,
  hasFarTimes: true,
  hasOddTimes: true,
  hasLargeIds: true,
};

const DIRECTORY = 0o040000;
const REGULAR = 0o100000;
const SYMLINK = 0o120000;

export function randomTree(random: SeededRandom, traits: TreeTraits = ALL_TRAITS): TreeEntry[] {
  const entries: TreeEntry[] = [{ path: '', mode: DIRECTORY | 0o755, ...randomOwner(random, traits) }];
  const directories: [string, ...string[]] = [''];
  const paths = new Set(['']);
  const files: TreeEntry[] = [];
  for (let i = random.below(60); i > 0; i--) {
    const above = random.pick(directories);
    const path = `${above}${above === '' ? '' : '/'}${randomName(random, traits)}`;
    if (paths.has(path) || Buffer.byteLength(path) > 3000) continue;
    paths.add(path);
    const owner = randomOwner(random, traits);
    const twin = files[random.below(files.length || 1)];
    if (random.oneIn(3)) {
      directories.push(path);
      entries.push({ path, mode: DIRECTORY | random.pick([0o755, 0o700, 0o1777, 0o2770]), ...owner });
    } else if (random.oneIn(5)) {
      entries.push({ path, mode: SYMLINK | 0o777, ...owner, target: randomTarget(random, traits) });
    } else if (random.oneIn(4) && twin !== undefined) {
      entries.push({ ...twin, path, segments: [], sameAs: twin.path });
    } else {
      const file = { path, mode: REGULAR | random.pick([0o644, 0o600, 0o4755, 0o2711, 0o400]), ...owner };
      files.push({ ...file, ...randomContent(random) });
      entries.push(files.at(-1) ?? file);
    }
  }
  return entries;
}

function randomOwner(random: SeededRandom, traits: TreeTraits) {
  const { hasNanoseconds, hasFarTimes, hasOddTimes, hasLargeIds } = traits;
  const id = (): number => (hasLargeIds && random.oneIn(4) ? 2 ** 31 + random.below(2 ** 30) : random.below(3000));
  const seconds = [
    1_700_000_000,
    1,
    ...(hasFarTimes ? [-5_000_000_000] : []),
    ...(hasOddTimes ? [-1, 2 ** 33 + 7] : []),
  ] as [number, ...number[]];
  const mtimeNsec = hasNanoseconds ? random.pick([0, 1, 500_000_000, 999_999_999, random.below(1e9)]) : 0;
  return { uid: id(), gid: id(), mtimeSec: random.pick(seconds), mtimeNsec };
}

function randomName(random: SeededRandom, { hasLongNames, hasBinaryNames }: TreeTraits): string {
  const bases = ['a', 'file', 'ä日本𝄞', '-rf', ' ', 'new\nline', '"q\\', 'name.tar', 'PaxHeaders'] as const;
  const base = hasBinaryNames && random.oneIn(8) ? 'x\udcff\udc80y' : random.pick(bases);
  const filling = hasBinaryNames && random.oneIn(3) ? '\udcfe' : random.pick(['n', 'ü']);
  const long = hasLongNames && random.oneIn(3) ? filling.repeat(20 + random.below(90)) : '';
  return `${base}${random.below(50)}${long}`;
}

function randomTarget(random: SeededRandom, traits: TreeTraits): string {
  return random.pick(['/etc/passwd', '../..', 'nowhere', randomName(random, traits), `${'d/'.repeat(20)}x`]);
}

function randomContent(random: SeededRandom): Pick<TreeEntry, 'size' | 'segments'> {
  const kind = random.below(4);
  if (kind === 0) return { size: 0, segments: [] };
  const segments: { position: number; bytes: Uint8Array<ArrayBuffer> }[] = [];
  let at = 0;
  for (let i = kind === 3 ? 1 + random.below(8) : 1; i > 0; i--) {
    if (kind === 3) at += random.pick([1, 511, 4096, 50_000, 1_500_000]);
    const bytes = new Uint8Array(random.bytes(random.pick([1, 511, 512, 513, 5000])));
    segments.push({ position: at, bytes });
    at += bytes.length;
  }
  return { size: at + (random.oneIn(3) ? random.below(3_000_000) : 0), segments };
}

/** Whether a program is there. */
export function has(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;
}

export const missingGnuTar = (spawnSync('tar', ['--version'], { encoding: 'utf8' }).stdout ?? '').includes('GNU tar')
  ? undefined
  : 'skipped, because tar is not GNU tar';
export const missingRoot = process.getuid?.() === 0 ? undefined : 'skipped, because only root gives files to others';

// Archives by hand: nothing of what is tested makes them.

export interface HandEntry {
  readonly name?: string;
  readonly type?: string;
  readonly linkName?: string;
  readonly size?: number;
  readonly body?: string | Uint8Array;
  /** Bytes put over the header before its checksum is made. */
  readonly patch?: readonly (readonly [at: number, text: string])[];
}

export function archive(...entries: readonly HandEntry[]): Buffer {
  return Buffer.concat([...entries.map(handEntry), Buffer.alloc(1024)]);
}

function handEntry({ name = 'file', type = '0', linkName = '', size, body = '', patch = [] }: HandEntry): Buffer {
  const bytes = Buffer.from(body);
  const block = Buffer.alloc(512);
  block.write(name, 0, 'latin1');
  block.write('0000644\0' + '0000000\0' + '0000000\0', 100);
  block.write(`${(size ?? bytes.length).toString(8).padStart(11, '0')}\0`, 124);
  block.write('14524760000\0', 136);
  block.write('        ', 148);
  block.write(type, 156, 'latin1');
  block.write(linkName, 157, 'latin1');
  block.write('ustar\x0000', 257);
  for (const [at, text] of patch) block.write(text, at, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([block, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
}

/** A record of an extended header. */
export function record(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + 1;
  while (`${length}`.length + rest !== length) length++;
  return `${length} ${key}=${value}\n`;
}
