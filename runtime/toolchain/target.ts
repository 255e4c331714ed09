/**
 * What a command line compiles for, and the defaults that each target wants: Linux's (musl on Linux's calls) where its sysroot is, WASI's without.
 *
 * It reads of the command line only what tells the target, and decides nothing that the user's own options, which come after, could not undo.
 * Called by `driver.ts`.
 */
import { memoryRoot } from './files.ts';
import { toolchainRoot } from './llvm.ts';

export type Target = 'linux' | 'wasi';

/** Where a run finds the headers and archives of Linux's target. */
export const linuxRoot = `${memoryRoot}/linux`;

const LINUX = 'wasm32-linux-muslwali';
const WASI = 'wasm32-wasip1';

/** The target of a command line. @param hasLinux whether Linux's sysroot is there */
export function chooseTarget(args: readonly string[], hasLinux: boolean): Target {
  const named = namedTarget(args);
  if (named === undefined) return hasLinux ? 'linux' : 'wasi';
  return /-linux-muslwali$/.test(named) ? 'linux' : 'wasi';
}

/** The target that the user names, the last one as for clang. */
export function namedTarget(args: readonly string[]): string | undefined {
  return args
    .map((argument, index) =>
      argument.startsWith('--target=')
        ? argument.slice('--target='.length)
        : argument === '-target'
          ? args[index + 1]
          : undefined,
    )
    .findLast((target) => target !== undefined);
}

/** Options that stand before the user's own. @param hasThreads whether the libraries are made for threads too */
export function targetOptions(target: Target, isCxx: boolean, args: readonly string[], hasThreads: boolean): string[] {
  if (target === 'linux') {
    return [
      `--target=${LINUX}`,
      `--sysroot=${linuxRoot}`,
      // Also of programs with one thread: what is thread-local stands elsewhere without, and the libraries have it so.
      ...(hasThreads ? ['-matomics'] : []),
      ...(hasThreads && wantsThreads(args) ? ['-pthread'] : []),
      // Else every name is hidden for this architecture, and clang refuses to update a variable of a device that is.
      ...(wantsOpenmp(args) ? ['-fvisibility=default'] : []),
      // A function that calls setjmp is compiled for it; others cost nothing.
      ...(ownOptions(args).some((option) => nameOf(option) === 'wasm-enable-sjlj') ? [] : ['-mllvm', SETJMP]),
      ...(isCxx ? ['-fwasm-exceptions', '-fexceptions'] : []),
    ];
  }
  // The libraries are built without exceptions: there is no __cxa_throw.
  return [`--target=${WASI}`, `--sysroot=${toolchainRoot}`, ...(isCxx ? ['-fno-exceptions'] : [])];
}

const SETJMP = '-wasm-enable-sjlj';

/**
 * Options of wasm-ld for what LLVM compiles at the link, under -flto: Linux's, without which the link succeeds but no catch
 * catches and no longjmp arrives; and the user's own `-mllvm`, which clang's driver gives to compile jobs alone.
 *
 * @param job the words of the link as the driver plans it
 */
export function linkOptions(target: Target, args: readonly string[], job: readonly string[]): string[] {
  // LLVM refuses a switch that is given twice.
  const given = new Set(ownOptions(job).map(nameOf));
  const wanted = [
    ...ownOptions(args),
    ...(target === 'linux' ? ['-wasm-enable-eh', SETJMP, '-exception-model=wasm'] : []),
  ];
  return wanted.flatMap((option) => {
    if (given.has(nameOf(option))) return [];
    given.add(nameOf(option));
    return ['-mllvm', option];
  });
}

/** What a command line gives to LLVM itself. */
function ownOptions(args: readonly string[]): string[] {
  return args.flatMap((argument, index) => {
    if (argument === '-mllvm' || argument === '--mllvm') return [args[index + 1] ?? ''];
    return /^--?mllvm=/.test(argument) ? [argument.replace(/^--?mllvm=/, '')] : [];
  });
}

function nameOf(option: string): string {
  return option.replace(/^-+/, '').replace(/=.*/s, '');
}

/** What in a command line needs Linux's sysroot where that is not there: one line, or nothing. */
export function missingForOption(args: readonly string[]): string {
  const option = namedTarget(args) === undefined ? args.find((argument) => LINUX_ONLY.has(argument)) : undefined;
  return option === undefined ? '' : missingLine(option);
}

/** The same for what clang has refused. @param said its diagnostics */
export function missingForSource(args: readonly string[], said: string): string {
  if (namedTarget(args) !== undefined || missingForOption(args) !== '') return '';
  if (said.includes('with exceptions disabled')) return missingLine('an exception');
  return said.includes('Setjmp/longjmp support requires') ? missingLine('setjmp') : '';
}

function missingLine(what: string): string {
  return `clang: note: ${what} wants the libraries for Linux's calls, which are not there: \`npm run sysroot\` builds them\n`;
}

const LINUX_ONLY: ReadonlySet<string> = new Set(['-fexceptions', '-fwasm-exceptions', '-pthread', '-fopenmp']);

/**
 * The command line for a sysroot that was built before there were threads: `-pthread` and `-fopenmp` are left out.
 */
export function withoutThreads(args: readonly string[]): { args: readonly string[]; warning: string } {
  const option = args.find((argument) => argument === '-pthread' || isOpenmp(argument));
  if (option === undefined) return { args, warning: '' };
  return {
    args: args.flatMap((argument) => {
      if (isOpenmp(argument)) return [];
      return [argument === '-pthread' ? '-D_REENTRANT' : argument];
    }),
    warning: `clang: warning: ${option}: the libraries have no threads: \`npm run sysroot\` builds them anew\n`,
  };
}

/** Whether a program is to have threads: by `-pthread`, by OpenMP, or by the library of either alone, as CMake names it. */
export function wantsThreads(args: readonly string[]): boolean {
  const own = args.findLast((argument) => argument === '-pthread' || argument === '-no-pthread');
  if (own !== undefined) return own === '-pthread';
  return wantsOpenmp(args) || args.some((argument) => THREAD_LIBRARY.test(argument));
}

export function wantsOpenmp(args: readonly string[]): boolean {
  const last = args.findLast((argument) => isOpenmp(argument) || argument === '-fno-openmp');
  return last !== undefined && isOpenmp(last);
}

const THREAD_LIBRARY = /^(-l|(.*\/)?lib)(pthread|omp)(\.a)?$/;

function isOpenmp(argument: string): boolean {
  return /^-fopenmp(=.*)?$/.test(argument);
}

/**
 * What a link with shared memory wants beside what clang's driver gives it. The memory is made by who starts the program, and given to
 * all its threads; how far it grows is theirs to say too. The loader checks threads' stacks by the libc's global.
 */
export function sharedMemoryOptions(job: readonly string[]): string[] {
  if (!job.includes('--shared-memory')) return [];
  return ['--import-memory', '--export-memory', `--max-memory=${2 ** 32}`, '--export-if-defined=__stack_limit'];
}

/** What a link that failed for want of `-pthread` is told. @param said by the linker */
export function missingThreads(said: string): string {
  return said.includes('undefined symbol: pthread_create')
    ? 'clang: note: a program that starts threads is linked with -pthread\n'
    : '';
}
