// A small seeded generator of random numbers for tests that must be repeatable: print the seed, pass it in FUSEDOS_SEED to repeat a run.
// Source of the algorithm: mulberry32 (public domain).

export interface SeededRandom {
  readonly seed: number;
  /** An integer in [0, below). */
  below(limit: number): number;
  /** True once in `times` on average. */
  oneIn(times: number): boolean;
  pick<T>(choices: readonly [T, ...T[]]): T;
  bytes(length: number): Uint8Array;
}

/** The seed of this run: FUSEDOS_SEED, else a new one. */
export function seedOfRun(): number {
  const { FUSEDOS_SEED } = process.env;
  return Number(FUSEDOS_SEED ?? Date.now()) >>> 0;
}

export function seededRandom(seed: number): SeededRandom {
  let state = seed >>> 0;
  const below = (limit: number): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
  return {
    seed,
    below,
    oneIn: (times) => below(times) === 0,
    pick: (choices) => choices[below(choices.length)] ?? choices[0],
    bytes: (length) => Uint8Array.from({ length }, () => below(256)),
  };
}
