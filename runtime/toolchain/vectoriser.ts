/**
 * A second try where LLVM's vectorisers fail. `@yowasp/clang` is built with LLVM's assertions, and one of them (that two models of a loop's
 * cost agree: `computeBestVF`) is wrong for some right sources, such as a loop of `fmin` at -O2. A job that ends so is run again without
 * these passes: slower code rather than none. It runs nothing itself. Called by `driver.ts`.
 */

/** What a job that vectorises runs again as. @returns undefined: it does not vectorise, or was already told not to */
export function withoutVectorisers(job: readonly string[]): readonly string[] | undefined {
  const [tool] = job;
  if (tool === 'wasm-ld') return job.some((word) => LINK_WORDS.includes(word)) ? undefined : [...job, ...LINK_OPTIONS];
  if (tool !== 'clang' || !job.some((word) => COMPILE_OPTIONS.has(word))) return undefined;
  return job.filter((word) => !COMPILE_OPTIONS.has(word));
}

/** Whether a job that writes this begins to tell of its crash. */
export function isLastWord(written: string): boolean {
  return /^Assertion failed: /m.test(written);
}

/** @param said what the job that crashed wrote: a failed assertion names its source file */
export function failedInVectoriser(said: string): boolean {
  return /^Assertion failed: .*\/Transforms\/Vectorize\//m.test(said);
}

/** What the user is told of it. */
export function vectoriserWarning(tool: string): string {
  return `${tool}: warning: LLVM's vectoriser crashed; compiled without it, as by -fno-vectorize -fno-slp-vectorize\n`;
}

/** Of a job of clang: what -fno-vectorize and -fno-slp-vectorize leave out. */
const COMPILE_OPTIONS: ReadonlySet<string> = new Set(['-vectorize-loops', '-vectorize-slp']);

/** Of a link, which compiles by LTO. */
const LINK_WORDS: readonly string[] = ['-vectorize-loops=false', '-vectorize-slp=false'];
const LINK_OPTIONS: readonly string[] = LINK_WORDS.flatMap((word) => ['-mllvm', word]);
