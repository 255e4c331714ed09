// How a thread sleeps until another one has something for it. It announces that it is about to sleep, looks again, and sleeps;
// whoever has something makes that true, then rings, which is one load while nobody has announced. One thread sleeps on a
// doorbell, whatever it waits for.
//
//   int32 BELL       changed by every ring that somebody may sleep through
//         ANNOUNCED  not 0 from before the sleeper's last look until it is awake; how much of something it wants, where that counts
//
//       sleeper                              whoever has something
//     1 ANNOUNCED = 1                      a makes it true
//     2 seen = BELL                        b ANNOUNCED = 0: done (1 comes later, and so does the look 3, which finds it)
//     3 looks: is it true? then 5          c BELL + 1            (after 2: the sleep 4 does not begin, or is ended by d)
//     4 sleeps while BELL = seen; then 1   d wakes who sleeps on BELL
//     5 ANNOUNCED = 0
//
// A thread may be ended between any two of its steps. So who rings leaves ANNOUNCED as it is, unless somebody rings at its end too.
// Memory need not be shared: then both are one thread, which sleeps in its event loop alone.

export interface Doorbell {
  readonly words: Int32Array;
  /** Index of BELL. */
  readonly bell: number;
  /** Index of ANNOUNCED. */
  readonly announced: number;
}

/** Puts a thread to sleep while a word is what was seen, at most so long; it may wake early. */
export type Wait = (words: Int32Array, index: number, seen: number, timeoutMs: number) => unknown;

const FOREVER = (): number => Number.POSITIVE_INFINITY;
/** Who sleeps on words of memory that is not shared. */
const sleepers = new WeakMap<ArrayBufferLike, Set<() => void>>();

/** Wakes who sleeps on a doorbell, or is about to. What is rung for is true before. Never blocks. */
export function ring(doorbell: Doorbell): void {
  // Pairs with the store in announce.
  if (Atomics.load(doorbell.words, doorbell.announced) !== 0) wake(doorbell);
}

/**
 * As `ring`, for a sleeper that wants so much of something; it is woken once. Only for doorbells that are woken for sure when the
 * thread that calls this ends.
 */
export function ringFor(doorbell: Doorbell, there: number): void {
  const { words, announced } = doorbell;
  const wanted = Atomics.load(words, announced);
  if (wanted > 0 && there >= wanted && Atomics.exchange(words, announced, 0) > 0) wake(doorbell);
}

/** Wakes everybody who sleeps on a doorbell, announced or not. */
export function wake({ words, bell }: Pick<Doorbell, 'words' | 'bell'>): void {
  // Pairs with the load in announce.
  Atomics.add(words, bell, 1);
  Atomics.notify(words, bell);
  if (words.buffer instanceof ArrayBuffer) wakeHere(words.buffer);
}

/** Says that this thread is about to sleep: it looks once more after this. @returns what `asleep` is to be given */
export function announce({ words, bell, announced }: Doorbell, wanted = 1): number {
  // Pairs with the load in ring.
  Atomics.store(words, announced, wanted);
  return Atomics.load(words, bell);
}

/** This thread is awake. */
export function retract({ words, announced }: Doorbell): void {
  Atomics.store(words, announced, 0);
}

/**
 * Sleeps until something is true. Blocks its thread.
 *
 * @param isThere looks; whoever makes it true rings after that
 * @param leftMs how long to sleep at most, asked before each sleep
 * @param wait of a thread that has something else to do before it sleeps
 */
export function sleepUntil(
  doorbell: Doorbell,
  isThere: () => boolean,
  leftMs = FOREVER,
  wait: Wait = Atomics.wait,
): void {
  for (;;) {
    const seen = announce(doorbell);
    if (isThere()) break;
    const timeoutMs = leftMs();
    if (!(timeoutMs > 0)) break;
    wait(doorbell.words, doorbell.bell, seen, timeoutMs);
  }
  retract(doorbell);
}

/** As `sleepUntil`, in the event loop. @param wanted how much of something, for `ringFor` */
export async function sleepUntilTold(doorbell: Doorbell, isThere: () => boolean, wanted = 1): Promise<void> {
  for (;;) {
    const seen = announce(doorbell, wanted);
    if (isThere()) break;
    await toldOf(doorbell, seen);
  }
  retract(doorbell);
}

/** Resolves, maybe early, when the bell is not what was seen; after so long at the latest. */
export async function toldOf(
  { words, bell }: Pick<Doorbell, 'words' | 'bell'>,
  seen: number,
  timeoutMs = Number.POSITIVE_INFINITY,
): Promise<void> {
  if (words.buffer instanceof ArrayBuffer) return sleepHere(words.buffer);
  const { async, value } = Atomics.waitAsync(words, bell, seen, timeoutMs);
  if (async) await value;
}

function sleepHere(buffer: ArrayBuffer): Promise<void> {
  const waiting = sleepers.get(buffer) ?? new Set();
  sleepers.set(buffer, waiting);
  return new Promise((resolve) => waiting.add(resolve));
}

function wakeHere(buffer: ArrayBuffer): void {
  for (const resolve of sleepers.get(buffer) ?? []) resolve();
  sleepers.delete(buffer);
}
