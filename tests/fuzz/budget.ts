// How long a fuzzer runs, and from which seed on: FUSEDOS_FUZZ_SECONDS and FUSEDOS_SEED, which a run by hand sets (see
// run.mjs), or what they are in CI.

/** What all of them get together when nothing is said. */
const CI_SECONDS = 60;

/** @param seconds of CI's time */
export function budgetMs(seconds: number): number {
  const { FUSEDOS_FUZZ_SECONDS } = process.env;
  return ((Number(FUSEDOS_FUZZ_SECONDS ?? CI_SECONDS) * seconds) / CI_SECONDS) * 1000;
}

/** The same in every run of the tests: what is new is looked for by hand, not where a change waits to land. */
const CI_SEED = 5000;

export function firstSeed(): number {
  return Number(process.env['FUSEDOS_SEED'] ?? CI_SEED) >>> 0;
}
