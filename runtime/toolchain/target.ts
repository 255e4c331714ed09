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
/** Where the archives are; those for programs with threads in a directory of their own. */
export const linuxArchives = `${linuxRoot}/lib/${LINUX}`;
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

/** Options that stand before the user's own. */
export function targetOptions(target: Target, isCxx: boolean, args: readonly string[]): string[] {
  if (target === 'linux') {
    return [
      `--target=${LINUX}`,
      `--sysroot=${linuxRoot}`,
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
 * The command line for a sysroot without libraries for threads: `-pthread` is left out, so that what asks for it but starts no
 * thread works.
 */
export function withoutThreads(args: readonly string[]): { args: readonly string[]; warning: string } {
  if (!args.includes('-pthread')) return { args, warning: '' };
  return {
    args: args.map((argument) => (argument === '-pthread' ? '-D_REENTRANT' : argument)),
    warning: 'clang: warning: -pthread: there are no threads yet, pthread_create() will fail\n',
  };
}

/** The words of a link that takes what is made for threads. */
export function withThreads(job: readonly string[]): string[] {
  const libraries = `-L${linuxArchives}`;
  return job.flatMap((word) => {
    if (word === libraries) return [`${libraries}/threads`, word];
    return word.startsWith(`${linuxArchives}/`)
      ? [`${linuxArchives}/threads/${word.slice(linuxArchives.length + 1)}`]
      : [word];
  });
}
