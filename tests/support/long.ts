// Whether the tests run in the project `long` (vitest.config.ts), which has time: sweeps then make all their rounds.

export const isLong = process.env['FUSEDOS_LONG'] === '1';

/** How many rounds a sweep makes: all in the project `long`, elsewhere one in so many, which a change is tried by. */
export function rounds(all: number, oneIn = 6): number {
  return isLong ? all : Math.ceil(all / oneIn);
}
