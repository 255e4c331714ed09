// Random calls of several guests at once, each in a directory of its own, under every placement and on every kind of file
// system: each result, and the memory after each call, is what the model says. A round has a seed of its own, which
// repeats it: FUSEDOS_SEED. How long this runs is a budget: FUSEDOS_FUZZ_SECONDS.

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Machine, SpawnOptions } from '../../runtime/index.ts';
import { importBuilt } from '../support/built.ts';
import { type SeededRandom, seededRandom } from '../support/seeded-random.ts';
import { budgetMs, firstSeed } from './budget.ts';
import { describeOperation, FuzzGuest, type Operation, watchMemories } from './guest.ts';
import { Mismatch, Model, type ModelTraits } from './model.ts';
import { addName, type ModelDirectory, type ModelFile, newDirectory, newFile, newSymlink } from './model-tree.ts';
import { randomOperation, WINDOW } from './operations.ts';

const STEPS = 500;
/** Once in so many calls a guest fills its table of descriptors. */
const BURST = 8000;
const DESCRIPTORS = 1030;
const MANY = 50;
const TEXT = 'There is more than one way out of a directory.';
const KEPT = 12;
/** Deep enough: names repeat. */
const KNOWN = 60;
const FARTHEST = 2n ** 63n - 1n;

interface Kind {
  readonly title: string;
  readonly options: SpawnOptions;
  /** The mount that is its directory; otherwise it gets one of its own. */
  readonly mount?: string;
  readonly traits?: ModelTraits;
  readonly farthest?: bigint;
  /** It begins with the files of the read-only directory. */
  readonly isFilled?: boolean;
  /** An overlay over those, in each round another one: what is changed in it must not show in the read-only directory. */
  readonly isMountedAnew?: boolean;
}

const [hostDirectory, readOnly] = ['fusedos-fuzz-', 'fusedos-fuzz-read-only-'].map((name) =>
  mkdtempSync(join(tmpdir(), name)),
) as [string, string];
let machine: Machine;
beforeAll(async () => {
  fillReadOnly();
  watchMemories();
  const { boot } = await importBuilt();
  const mounts = {
    '/host': hostDirectory,
    '/small': { type: 'tmpfs', size: 1 << 20 },
    '/ro': { path: readOnly, readOnly: true },
  } as const;
  machine = await boot({ appCores: KINDS.length, storage: 256 << 20, mounts });
});
afterAll(async () => {
  await machine.close();
  for (const directory of [hostDirectory, readOnly]) rmSync(directory, { recursive: true });
});

const isHost = { isHost: true };
const KINDS: readonly Kind[] = [
  { title: 'cnk', options: { placement: 'cnk' } },
  { title: 'cnk, staged', options: { placement: 'cnk' }, traits: { staged: new Map() }, farthest: 1n << 20n },
  { title: 'linux', options: { placement: 'linux' } },
  { title: 'library', options: { placement: 'library' }, mount: '/tmp' },
  { title: 'fused on a tmpfs', options: { placement: 'fused' }, mount: '/small', traits: { mayBeFull: true } },
  { title: 'host directory', options: { placement: 'linux' }, mount: '/host', traits: isHost, farthest: 1n << 22n },
  {
    title: 'overlay',
    options: { placement: 'cnk' },
    mount: '/over',
    isMountedAnew: true,
    traits: { isHost: true, mayBeFull: true },
    farthest: 1n << 22n,
    isFilled: true,
  },
  {
    title: 'read-only',
    options: { placement: 'cnk' },
    mount: '/ro',
    traits: { ...isHost, isReadOnly: true },
    isFilled: true,
    farthest: 1n << 22n,
  },
];

/** What the read-only directory holds, on the host and in the model. */
function fillReadOnly(): void {
  mkdirSync(join(readOnly, 'dir'));
  writeFileSync(join(readOnly, 'a'), TEXT);
  writeFileSync(join(readOnly, 'dir', 'b'), TEXT);
  symlinkSync('dir/b', join(readOnly, 'link'));
}

function modelReadOnly(top: ModelDirectory): void {
  const directory = newDirectory(top);
  addName(top, 'dir', directory);
  addName(top, 'a', fileWith(TEXT));
  addName(directory, 'b', fileWith(TEXT));
  addName(top, 'link', newSymlink('dir/b'));
}

function fileWith(text: string): ModelFile {
  const file = newFile();
  for (const [i, letter] of [...text].entries()) file.bytes.set(i, letter.charCodeAt(0));
  return file;
}

async function empty(directory: string): Promise<void> {
  for (const name of await machine.fs.readdir(directory)) {
    await machine.fs.rm(`${directory}/${name}`, { recursive: true });
  }
}

test('calls of guests in directories of their own', { timeout: budgetMs(25) + 60_000 }, async () => {
  const seed = firstSeed();
  const endMs = performance.now() + budgetMs(25);
  let rounds = 0;
  do await round(seed + rounds++);
  while (performance.now() < endMs);
  console.log(`${rounds} rounds of ${KINDS.length} guests and ${STEPS} calls, seeds ${seed} to ${seed + rounds - 1}`);
});

async function round(seed: number): Promise<void> {
  const players = await Promise.all(KINDS.map((kind, i) => Player.start(kind, seed, i)));
  for (let step = 0; step < STEPS; step++) {
    for (const player of players) player.post();
    for (const player of players) player.check();
  }
  await Promise.all(players.map((player) => player.end()));
}

/** A guest and its model. */
class Player {
  readonly #kind: Kind;
  readonly #guest: FuzzGuest;
  readonly #model: Model;
  readonly #random: SeededRandom;
  readonly #title: string;
  readonly #top: string;
  readonly #last: string[] = [];
  #operation: Operation = { name: '', args: [] };
  /** How many calls are left that fill the table of descriptors, or empty it again. */
  #opening = 0;
  #closing: number[] = [];

  constructor(kind: Kind, guest: FuzzGuest, model: Model, random: SeededRandom, top: string) {
    this.#kind = kind;
    this.#guest = guest;
    this.#model = model;
    this.#random = random;
    this.#title = `${kind.title}, seed ${random.seed}`;
    this.#top = top;
  }

  static async start(kind: Kind, seed: number, index: number): Promise<Player> {
    const random = seededRandom(seed);
    for (let i = 0; i <= index; i++) random.below(2);
    const top = kind.mount ?? `/fuzz-${seed}-${index}`;
    const preopens = [{ name: 'top', path: top }];
    if (kind.mount === undefined) await machine.fs.mkdir(top);
    if (kind.isMountedAnew === true) await machine.mount({ type: 'overlay', lower: readOnly }, top);
    const staged =
      kind.traits?.staged === undefined ? {} : { stage: { [`${top}/staged`]: TEXT, [`${top}/other`]: '' } };
    const guest = await FuzzGuest.start(machine, { ...kind.options, ...staged, preopens });
    // The first four are the streams and the directory, which becomes number 0.
    expect(guest.call({ name: 'fd_renumber', args: [3, 0] })).toBe('OK');
    for (const fd of [1, 2]) expect(guest.call({ name: 'fd_close', args: [fd] })).toBe('OK');
    const directory: ModelDirectory = newDirectory();
    if (kind.isFilled === true) modelReadOnly(directory);
    let traits = kind.traits ?? {};
    if (traits.staged !== undefined) traits = { ...traits, staged: stagedFiles() };
    const model = new Model(guest.bytes, [['top', directory]], traits);
    guest.bytes.fill(0xa5, WINDOW.start);
    model.memory.fill(0xa5, WINDOW.start);
    return new Player(kind, guest, model, random, top);
  }

  post(): void {
    this.#operation = this.#burst() ?? this.#next();
    this.#guest.post([this.#operation]);
  }

  /** Now and then a guest opens more than it may, and later closes most of it. */
  #burst(): Operation | undefined {
    const { descriptors } = this.#model;
    if (this.#random.oneIn(BURST)) this.#opening = DESCRIPTORS;
    const fd = this.#closing.pop();
    if (fd !== undefined) return { name: 'fd_close', args: [fd] };
    if (this.#opening === 0) {
      const isFull = descriptors.size > MANY && this.#random.oneIn(MANY);
      if (isFull) this.#closing = [...descriptors.keys()].filter((open) => open > MANY);
      return undefined;
    }
    this.#opening--;
    this.#store(WINDOW.start, Uint8Array.of(46));
    return { name: 'path_open', args: [0, 0, WINDOW.start, 1, 0, 0n, 0n, 0, WINDOW.start + 64] };
  }

  #store(address: number, bytes: Uint8Array): void {
    this.#guest.bytes.set(bytes, address);
    this.#model.memory.set(bytes, address);
  }

  #next(): Operation {
    const files: number[] = [];
    const directories: number[] = [];
    for (const [fd, { node }] of this.#model.descriptors) (node.type === 'file' ? files : directories).push(fd);
    return randomOperation(this.#random, {
      store: (address, bytes) => this.#store(address, bytes),
      files,
      directories,
      known: this.#paths(),
      staged: [...(this.#model.traits.staged?.keys() ?? [])],
      farthest: this.#kind.farthest ?? FARTHEST,
    });
  }

  check(): void {
    const title = `${describeOperation(this.#operation)}${this.#texts()}`;
    if (!this.#guest.wait())
      throw new Error(`${this.#title}: ${title} does not return, after\n${this.#last.join('\n')}`);
    const errno = this.#guest.result(1);
    try {
      this.#model.step(this.#operation.name, this.#operation.args, errno);
      this.#model.compare(WINDOW.start, this.#guest.bytes.length);
    } catch (error) {
      if (!(error instanceof Mismatch)) throw error;
      throw new Error(`${this.#title}: ${title}: ${error.message}, after\n${this.#last.join('\n')}`);
    }
    this.#last.push(`  ${title} = ${errno}`);
    if (this.#last.length > KEPT) this.#last.shift();
  }

  async end(): Promise<void> {
    await this.#guest.close();
    const { mount, options, isMountedAnew } = this.#kind;
    if (mount === undefined) await machine.fs.rm(this.#top, { recursive: true });
    else if (isMountedAnew === true) await machine.unmount(mount);
    else if (options.placement !== 'library' && this.#model.traits.isReadOnly !== true) await empty(mount);
  }

  /** The paths that a call was given, for a reader. */
  #texts(): string {
    const { args, name } = this.#operation;
    if (!name.startsWith('path_')) return '';
    const texts = args.flatMap((arg, i) => {
      const length = args[i + 1];
      if (typeof arg !== 'number' || typeof length !== 'number' || arg < WINDOW.start || arg >= WINDOW.end) return [];
      const bytes = this.#model.memory.subarray(arg, arg + Math.min(Math.max(0, length), 100));
      return length > 0 ? [JSON.stringify(String.fromCharCode(...bytes))] : [];
    });
    return ` ${texts.join(' ')}`;
  }

  #paths(): string[] {
    const paths: string[] = [];
    const pending: [string, ModelDirectory][] = [];
    const top = this.#model.descriptors.get(0)?.node;
    if (top?.type === 'directory') pending.push(['', top]);
    for (const [prefix, directory] of pending) {
      for (const [name, node] of directory.entries) {
        if (paths.length >= KNOWN) return paths;
        paths.push(prefix + name);
        if (node.type === 'directory') pending.push([`${prefix}${name}/`, node]);
      }
    }
    return paths;
  }
}

function stagedFiles(): Map<string, ModelFile> {
  return new Map([
    ['staged', fileWith(TEXT)],
    ['other', newFile()],
  ]);
}
