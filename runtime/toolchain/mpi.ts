/**
 * `mpicc` and `mpic++`: the compilers of C and C++ whose programs are linked with MPI's library. Its header is where the others are, so
 * nothing else is different. And what build systems ask such a compiler for: the options that it adds. Called by `driver.ts`.
 */

/** By the compiler that each is. */
const COMPILERS = { mpicc: 'cc', 'mpic++': 'c++' } as const;

export type MpiTool = keyof typeof COMPILERS;

export const MPI_LIBRARY = 'libmpi.a';
export const MPI_OPTION = '-lmpi';

/** The lowest number of a function in table 0: MPI_COMM_DUP_FN and its like are 1. */
export const MPI_FIRST_FUNCTION = 2;

export function isMpi(tool: string): tool is MpiTool {
  return Object.hasOwn(COMPILERS, tool);
}

/** The answer to a question about the compiler, as Open MPI's and MPICH's give it: one line; undefined: there is none. */
export function answerOf(tool: MpiTool, args: readonly string[]): string | undefined {
  const question = args.find((argument) => argument in ANSWERS);
  if (question !== undefined) return `${ANSWERS[question]}\n`;
  if (!args.some((argument) => WHOLE_LINE.has(argument))) return undefined;
  const rest = args.filter((argument) => !WHOLE_LINE.has(argument));
  return `${['fusedos', COMPILERS[tool], ...rest, MPI_OPTION].join(' ')}\n`;
}

const WHOLE_LINE: ReadonlySet<string> = new Set(['-show', '-showme', '--showme']);

/** Header and library are found without an option. */
const ANSWERS: { readonly [question: string]: string } = Object.fromEntries(
  ['-showme:', '--showme:'].flatMap((prefix) => [
    ...['compile', 'incdirs', 'libdirs'].map((what) => [prefix + what, ''] as const),
    [`${prefix}link`, MPI_OPTION],
    [`${prefix}libs`, 'mpi'],
  ]),
);

/** What a command line is told where there is no such library. */
export const MISSING_MPI =
  "clang: error: MPI wants its library beside those for Linux's calls, which is not there: `npm run sysroot` builds it\n";
/** The same where the user names another target. */
export const WRONG_TARGET_FOR_MPI =
  "clang: error: MPI is for programs on Linux's calls alone, not for --target=wasm32-wasi…\n";
