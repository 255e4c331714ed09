// A step machine: runs code as threads that share memory, in every order in which their accesses may follow one another. The code is
// the real one, unchanged: what it finds under the names `Atomics`, `Int32Array`, `Uint8Array` and `performance` is the machine's.
//
// An access is a step, atomic or not. A thread is run anew for each step, with what its earlier accesses
// found; so what it does must follow from that alone. Its state is then the list of what it found, and a state that was seen before
// is not explored again. Where a thread says what all its later steps follow from (`restAs`), what it found before is left out of
// its state. Memory is sequentially consistent, as Atomics are. Accesses to a word that no other thread uses can be
// in no order that matters, and make no step: which words those are is found by exploring, anew when one proves shared. A turn of a loop
// that looks for something and has not found it leaves its thread as it was (`turnBack`); threads that can do nothing but turn are an error.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';

const RealUint8Array = Uint8Array;
const real = { Atomics, Int32Array, Uint8Array, performance };
const ROOT = resolve(import.meta.dirname, '../../..');

/** Longest that a thread of a test is: one that takes more accesses never ends. */
const MOST_ACCESSES = 500;
/** A time-out so long does not come. */
const NEVER_MS = 1e8;
/** What a sleep's time-out adds to the time. */
const TIMEOUT_MS = 1e6;

export interface Thread {
  /** Run anew for each step: makes its objects itself, and keeps nothing outside. */
  run(memory: SharedArrayBuffer): unknown;
  /** It may be asleep when all is over. */
  readonly isServer?: boolean;
  /** May be ended between any two steps. */
  readonly mayBeEnded?: boolean;
}

interface ThreadState {
  /** What its accesses found. */
  readonly found: readonly unknown[];
  /** Where it was at rest last, and as what: what it found before does not matter. */
  readonly rest: { readonly from: number; readonly as: string };
  /** The word that it sleeps on, and for how long at most. */
  readonly sleep: { readonly word: number; readonly timeoutMs: number } | undefined;
  readonly end: { readonly value: unknown } | undefined;
}

interface State {
  /** By number of the word, as far as they were used. */
  readonly words: readonly number[];
  readonly bytes: Uint8Array;
  readonly threads: readonly ThreadState[];
}

/** How all of it may end. */
export interface Ending {
  /** By thread: what it returned, or that it is asleep. */
  readonly values: readonly unknown[];
  /** The threads that sleep and should not. */
  readonly stuck: readonly number[];
  /** What is in the words that were asked for. */
  readonly words?: readonly number[];
}

export interface Explored {
  readonly states: number;
  /** Different ones. */
  readonly endings: readonly Ending[];
}

export const ENDED = 'ended';
const ASLEEP = 'asleep';

/**
 * Runs threads in all orders.
 *
 * @param length of the memory that they share, zero at first
 * @param bytesFrom from there on it holds bytes, before only words
 * @param watched words that an ending tells
 */
export async function explore(
  length: number,
  threads: readonly Thread[],
  bytesFrom = length,
  watched?: readonly number[],
): Promise<Explored> {
  const memory = new SharedArrayBuffer(length);
  const words = new Words();
  Object.assign(globalThis, globals);
  try {
    for (;;) {
      const explored = await exploreWith(memory, threads, words, bytesFrom, watched);
      if (explored !== undefined) return explored;
    }
  } finally {
    Object.assign(globalThis, real);
  }
}

/** @returns undefined when a word proved shared that was thought one thread's */
async function exploreWith(
  memory: SharedArrayBuffer,
  threads: readonly Thread[],
  words: Words,
  bytesFrom: number,
  watched: readonly number[] | undefined,
): Promise<Explored | undefined> {
  const ways = new Ways();
  const endings = new Map<string, Ending>();
  const first: State = {
    words: [],
    bytes: new RealUint8Array(memory.byteLength - bytesFrom),
    threads: threads.map(() => ({ found: [], rest: { from: 0, as: '' }, sleep: undefined, end: undefined })),
  };
  const open: { readonly state: State; readonly from: number }[] = [{ state: first, from: -1 }];
  hasTurnedBack = false;
  for (let way = open.pop(); way !== undefined; way = open.pop()) {
    const { state, from } = way;
    const { number, isNew } = ways.add(keyOf(state), from);
    if (!isNew) continue;
    const before = open.length;
    for (const [i, thread] of threads.entries()) {
      const now = state.threads[i] as ThreadState;
      if (now.end !== undefined) continue;
      const push = (next: State): unknown => open.push({ state: next, from: number });
      if (thread.mayBeEnded === true) push(withThread(state, i, { ...now, sleep: undefined, end: { value: ENDED } }));
      if (now.sleep === undefined) push(await new Step(state, i, words, bytesFrom).take(thread, memory));
      else if (now.sleep.timeoutMs < NEVER_MS) push(withThread(state, i, awake(now, 'timed-out')));
      if (words.hasChanged) {
        words.hasChanged = false;
        return undefined;
      }
    }
    if (open.length > before) continue;
    ways.end(number);
    const ending = endingOf(state, threads);
    if (watched !== undefined) Object.assign(ending, { words: watched.map((word) => words.valueIn(state, word)) });
    endings.set(JSON.stringify(ending), ending);
  }
  if (hasTurnedBack && !ways.allEnd()) throw new Error('threads turn for ever');
  return { states: ways.size, endings: [...endings.values()] };
}

function endingOf({ threads }: State, given: readonly Thread[]): Ending {
  const values = threads.map(({ end }) => (end === undefined ? ASLEEP : end.value));
  const stuck = threads.flatMap(({ end }, i) => (end === undefined && given[i]?.isServer !== true ? [i] : []));
  return { values, stuck };
}

/** The states that were seen, by number, and from which each is reached. */
class Ways {
  readonly #numbers = new Map<string, number>();
  readonly #reachedFrom: number[][] = [];
  readonly #endings: number[] = [];

  get size(): number {
    return this.#numbers.size;
  }

  add(key: string, from: number): { readonly number: number; readonly isNew: boolean } {
    const known = this.#numbers.get(key);
    const number = known ?? this.#numbers.size;
    if (known === undefined) {
      this.#numbers.set(key, number);
      this.#reachedFrom.push([]);
    }
    if (from >= 0) this.#reachedFrom[number]?.push(from);
    return { number, isNew: known === undefined };
  }

  end(number: number): void {
    this.#endings.push(number);
  }

  /** Whether an ending is reached from every state. */
  allEnd(): boolean {
    const reached = new Set(this.#endings);
    for (const number of reached) for (const from of this.#reachedFrom[number] ?? []) reached.add(from);
    return reached.size === this.size;
  }
}

function keyOf({ words, bytes, threads }: State): string {
  return `${words.join()}|${bytes.join()}|${threads.map(keyOfThread).join('|')}`;
}

function keyOfThread({ found, rest, sleep, end }: ThreadState): string {
  return `${rest.as}@${found.slice(rest.from).join()};${sleep?.word};${end === undefined ? '' : '.'}`;
}

function withThread(state: State, index: number, thread: ThreadState): State {
  return { ...state, threads: state.threads.with(index, thread) };
}

function awake(thread: ThreadState, how: string): ThreadState {
  return { ...thread, found: [...thread.found.slice(0, -1), how], sleep: undefined };
}

/** The words that are used, by number, and by which thread. */
class Words {
  readonly #numbers = new Map<number, number>();
  readonly #users = new Map<number, number>();
  readonly #shared = new Set<number>();
  /** One proved shared that was thought one thread's. */
  hasChanged = false;

  numberOf(index: number): number {
    const number = this.#numbers.get(index) ?? this.#numbers.size;
    this.#numbers.set(index, number);
    return number;
  }

  /** What is in a word. */
  valueIn({ words }: State, index: number): number {
    const number = this.#numbers.get(index);
    return number === undefined ? 0 : (words[number] ?? 0);
  }

  isShared(number: number, thread: number): boolean {
    if (this.#shared.has(number)) return true;
    const user = this.#users.get(number) ?? thread;
    this.#users.set(number, user);
    if (user === thread) return false;
    this.#shared.add(number);
    this.hasChanged = true;
    return true;
  }
}

/** What stops a thread before its next step; no Error, which would note where it came from. */
const STOP = Symbol('stop');

let current: Step;
let hasTurnedBack = false;

/**
 * For a thread under `explore`: what all that it will do follows from, besides the memory, when it is about to sleep, or whenever it
 * calls this anew.
 */
export function restAs(state: () => string): void {
  current.restAs = state;
  current.rest();
}

/** For a thread under `explore`: it is where it was so many accesses ago, having found nothing. */
export function turnBack(accesses: number): never {
  hasTurnedBack = true;
  throw current.turnBack(accesses);
}

/** One step of a thread. */
class Step {
  readonly #state: State;
  readonly #index: number;
  readonly #numbers: Words;
  readonly #words: number[];
  readonly #bytes: Uint8Array;
  readonly #threads: ThreadState[];
  readonly #found: unknown[];
  readonly #earlier: number;
  readonly bytesFrom: number;
  /** What the thread's state is when it rests. */
  restAs: (() => string) | undefined;
  #rest = { from: 0, as: '' };
  #position = 0;
  #isTaken = false;
  #stopped: () => void = () => {};

  constructor(state: State, index: number, numbers: Words, bytesFrom: number) {
    this.#state = state;
    this.#index = index;
    this.#numbers = numbers;
    this.#words = [...state.words];
    this.#bytes = state.bytes.slice();
    this.#threads = [...state.threads];
    this.#found = [...(state.threads[index] as ThreadState).found];
    this.#earlier = this.#found.length;
    this.bytesFrom = bytesFrom;
  }

  async take(thread: Thread, memory: SharedArrayBuffer): Promise<State> {
    current = this;
    let end: ThreadState['end'];
    try {
      const stopped = new Promise<typeof STOP>((settle) => {
        this.#stopped = () => settle(STOP);
      });
      const running = thread.run(memory);
      const value = running instanceof Promise ? await Promise.race([running, stopped]) : running;
      if (value !== STOP) end = { value };
    } catch (error) {
      if (error !== STOP) throw error;
    }
    const { sleep } = this.#threads[this.#index] as ThreadState;
    this.#threads[this.#index] = { found: this.#found, rest: this.#rest, sleep, end };
    return { words: this.#words, bytes: this.#bytes, threads: this.#threads };
  }

  rest(): void {
    if (this.restAs !== undefined) this.#rest = { from: this.#position, as: this.restAs() };
  }

  turnBack(accesses: number): typeof STOP {
    this.#found.length = this.#position - accesses;
    return this.#stop();
  }

  /** Its sleeps so far whose time was over, as time. */
  now(): number {
    return this.#found.slice(0, this.#position).filter((value) => value === 'timed-out').length * TIMEOUT_MS;
  }

  /** @param isStep it can be in an order with others' accesses that matters */
  access<T>(isStep: boolean, act: () => T): T {
    if (this.#position < this.#earlier) return this.#found[this.#position++] as T;
    if (isStep && this.#isTaken) throw this.#stop();
    if (this.#position >= MOST_ACCESSES)
      throw new Error(`thread ${this.#index} makes more than ${MOST_ACCESSES} accesses`);
    this.#isTaken ||= isStep;
    const value = act();
    this.#found[this.#position++] = value;
    return value;
  }

  update(index: number, change: (old: number) => number): number {
    const word = this.#numbers.numberOf(index);
    return this.access(this.#numbers.isShared(word, this.#index), () => {
      const old = this.#words[word] ?? 0;
      const value = change(old);
      for (let i = this.#words.length; i <= word; i++) this.#words[i] = 0;
      this.#words[word] = value;
      return old;
    });
  }

  /** @returns how it has ended; undefined: it sleeps, and its thread goes no further */
  sleep(index: number, seen: number, timeoutMs: number): string | undefined {
    const word = this.#numbers.numberOf(index);
    this.rest();
    const isNew = this.#position >= this.#earlier;
    const value = this.access(true, () => (this.#words[word] === seen ? ASLEEP : 'not-equal'));
    if (value !== ASLEEP) return value;
    if (!isNew) throw new Error('a thread that sleeps was run');
    this.#threads[this.#index] = { ...(this.#state.threads[this.#index] as ThreadState), sleep: { word, timeoutMs } };
    this.#isTaken = true;
    this.#stop();
    return undefined;
  }

  notify(index: number): number {
    const word = this.#numbers.numberOf(index);
    return this.access(true, () => {
      let count = 0;
      for (const [i, thread] of this.#threads.entries()) {
        if (thread.sleep?.word !== word) continue;
        this.#threads[i] = awake(thread, 'ok');
        count++;
      }
      return count;
    });
  }

  shared(start: number, end?: number): Uint8Array {
    return this.#bytes.subarray(start - this.bytesFrom, end === undefined ? undefined : end - this.bytesFrom);
  }

  #stop(): typeof STOP {
    this.#stopped();
    return STOP;
  }
}

/** In the place of Int32Array: of the shared memory. */
class SteppedWords {
  readonly buffer: SharedArrayBuffer;
  readonly first: number;

  constructor(buffer: SharedArrayBuffer, byteOffset = 0) {
    this.buffer = buffer;
    this.first = byteOffset / 4;
    // biome-ignore lint/correctness/noConstructorReturn: nothing else can be indexed
    return new Proxy(this, {
      get: (target, name) =>
        typeof name === 'string' && name >= '0' && name <= ':'
          ? current.update(target.first + Number(name), (old) => old)
          : Reflect.get(target, name),
      set: (target, name, value: number) => {
        current.update(target.first + Number(name), () => value);
        return true;
      },
    });
  }
}

/** In the place of Uint8Array: of the shared memory, or its thread's own. */
class SteppedBytes {
  readonly #shared: { readonly start: number; readonly end: number } | undefined;
  readonly #own: Uint8Array;

  constructor(source: SharedArrayBuffer | Uint8Array | number, byteOffset = 0, length?: number) {
    const isShared = source instanceof SharedArrayBuffer;
    const end = isShared ? byteOffset + (length ?? source.byteLength - byteOffset) : 0;
    this.#shared = isShared ? { start: byteOffset, end } : undefined;
    this.#own = source instanceof RealUint8Array ? source : new RealUint8Array(isShared ? 0 : source);
  }

  get length(): number {
    return this.#shared === undefined ? this.#own.length : this.#shared.end - this.#shared.start;
  }

  subarray(start: number, end = this.length): SteppedBytes {
    if (this.#shared === undefined) return new SteppedBytes(this.#own.subarray(start, end));
    const part = new SteppedBytes(NO_MEMORY, this.#shared.start + start, end - start);
    return part;
  }

  set(from: SteppedBytes, at = 0): void {
    const range = from.#shared;
    const bytes =
      range === undefined ? from.#own : current.access(true, () => current.shared(range.start, range.end).slice());
    const into = this.#shared;
    if (into === undefined) this.#own.set(bytes, at);
    else current.access(true, () => current.shared(into.start, into.end).set(bytes, at));
  }

  fill(value: number): this {
    this.#own.fill(value);
    return this;
  }

  *[Symbol.iterator](): Generator<number> {
    yield* this.#own;
  }
}

/** Where only the range matters. */
const NO_MEMORY = new SharedArrayBuffer(0);

const forever = Number.POSITIVE_INFINITY;
const update = ({ first }: SteppedWords, i: number, change: (old: number) => number): number =>
  current.update(first + i, change);

const globals = {
  Int32Array: SteppedWords,
  Uint8Array: SteppedBytes,
  performance: { now: () => current.now(), timeOrigin: 0 },
  Atomics: {
    load: (words: SteppedWords, i: number) => update(words, i, (old) => old),
    store: (words: SteppedWords, i: number, value: number) => {
      update(words, i, () => value);
      return value;
    },
    add: (words: SteppedWords, i: number, value: number) => update(words, i, (old) => old + value),
    and: (words: SteppedWords, i: number, value: number) => update(words, i, (old) => old & value),
    or: (words: SteppedWords, i: number, value: number) => update(words, i, (old) => old | value),
    exchange: (words: SteppedWords, i: number, value: number) => update(words, i, () => value),
    compareExchange: (words: SteppedWords, i: number, expected: number, value: number) =>
      update(words, i, (old) => (old === expected ? value : old)),
    notify: ({ first }: SteppedWords, i: number) => current.notify(first + i),
    wait: ({ first }: SteppedWords, i: number, seen: number, timeoutMs = forever) => {
      const value = current.sleep(first + i, seen, timeoutMs);
      if (value === undefined) throw STOP;
      return value;
    },
    waitAsync: ({ first }: SteppedWords, i: number, seen: number, timeoutMs = forever) => {
      const value = current.sleep(first + i, seen, timeoutMs);
      if (value === 'not-equal') return { async: false, value };
      return { async: true, value: value === undefined ? new Promise(() => {}) : Promise.resolve(value) };
    },
  },
};

/** A change of a source file, to see that a test fails when it should. */
export interface Mutation {
  /** From the root. */
  readonly file: string;
  /** Stands there once. */
  readonly from: string;
  readonly to: string;
}

/** Modules, named from the root, as one, with changes. */
export async function importMutated<T>(files: readonly string[], mutations: readonly Mutation[]): Promise<T> {
  const texts = new Map<string, string>();
  for (const { file, from, to } of mutations) {
    const path = resolve(ROOT, file);
    const text = texts.get(path) ?? readFileSync(path, 'utf8');
    if (text.split(from).length !== 2) throw new Error(`${file} has not once: ${from}`);
    texts.set(path, text.replace(from, to));
  }
  const mutate: Plugin = {
    name: 'mutate',
    setup: ({ onLoad }) => {
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const contents = texts.get(path);
        return contents === undefined ? undefined : { contents, loader: 'ts' };
      });
    },
  };
  const { outputFiles } = await build({
    stdin: { contents: files.map((file) => `export * from './${file}';`).join('\n'), resolveDir: ROOT },
    bundle: true,
    format: 'esm',
    write: false,
    plugins: [mutate],
  });
  const directory = mkdtempSync(join(tmpdir(), 'fusedos-mutated-'));
  try {
    const path = join(directory, 'mutated.mjs');
    writeFileSync(path, outputFiles[0]?.text ?? '');
    return await import(/* @vite-ignore */ pathToFileURL(path).href);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
