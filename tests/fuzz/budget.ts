// How long a fuzzer runs: a share of FUSEDOS_FUZZ_SECONDS, which a run by hand sets, or what it gets in CI.

/** What all of them get together when nothing is said. */
const CI_SECONDS = 50;

/** @param seconds of CI's time */
export function budgetMs(seconds: number): number {
  const { FUSEDOS_FUZZ_SECONDS } = process.env;
  return ((Number(FUSEDOS_FUZZ_SECONDS ?? CI_SECONDS) * seconds) / CI_SECONDS) * 1000;
}
