/**
 * `fusedos cc`, `c++` and `ar`: clang with clang's habits, and the defaults that a program on this machine wants.
 *
 * clang's own driver reads the command line and makes the plan (`-###`); we only put our defaults in front, run the plan's jobs one after the
 * other as the driver would, and add to the link what a process here needs. So each option means what it means to clang, and we parse none.
 * It does not load the compiler (`llvm.ts`) and keeps no state. Called by `engine.ts`.
 */

import type { HostTree, MemoryNode, Observation } from './files.ts';
import { memoryRoot } from './files.ts';
import { type Llvm, llvmPath, temporaryRoot, toolchainRoot } from './llvm.ts';
import {
  answerOf,
  isMpi,
  MISSING_MPI,
  MPI_FIRST_FUNCTION,
  MPI_OPTION,
  type MpiTool,
  WRONG_TARGET_FOR_MPI,
} from './mpi.ts';
import {
  chooseTarget,
  linkOptions,
  missingForOption,
  missingForSource,
  missingThreads,
  sharedMemoryOptions,
  type Target,
  targetOptions,
  wantsOpenmp,
  withoutThreads,
} from './target.ts';
import { failedInVectoriser, isLastWord, vectoriserWarning, withoutVectorisers } from './vectoriser.ts';

/** `cc` and `c++`, and these with MPI, have clang's habits and our defaults; the others are LLVM's tools of that name, `ld` is wasm-ld. */
export type Tool = 'cc' | 'c++' | MpiTool | BinaryTool;

export type BinaryTool = (typeof BINARY_TOOLS)[number];

export const BINARY_TOOLS = ['ar', 'ranlib', 'nm', 'strip', 'ld', 'objcopy', 'objdump', 'size', 'readobj'] as const;

/** One command line; it can be posted to a worker. */
export interface CommandLine {
  readonly tool: Tool;
  readonly args: readonly string[];
  /** An absolute path; relative paths in `args` start there. */
  readonly cwd: string;
  /** What an input `-` reads: bytes, or the process's own standard input. Default: nothing. */
  readonly stdin?: Uint8Array | 'inherit' | undefined;
  /** Standard error is a terminal: diagnostics are coloured. */
  readonly isTerminal?: boolean | undefined;
  /** A line `#!…` that linked programs begin with, so that they start by themselves. Default: none, they are plain modules. */
  readonly launcher?: string | undefined;
  /** The environment; of it only what clang reads is passed on. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

/** Where a tool's output goes, in pieces as it comes. */
export interface OutputSinks {
  readonly stdout: (bytes: Uint8Array) => void;
  readonly stderr: (bytes: Uint8Array) => void;
  /** Is told each job before it runs, by the name of its tool: `clang`, `wasm-ld`. */
  readonly onJob?: ((tool: string) => void) | undefined;
}

/** What a compile runs with. */
export interface Toolchain {
  readonly llvm: Llvm;
  /** What stands at `/@fusedos`; its `tmp` is this compile's own. */
  readonly files: MemoryNode;
  /** Linux's sysroot is there, in `files`; with libraries for threads, or without. */
  readonly linux: 'with threads' | 'without threads' | undefined;
  /** MPI's library is there too. */
  readonly mpi?: boolean | undefined;
  /** Gives the paths of the objects that each WASI program is linked with, if it refers to them. */
  readonly objects: () => Promise<readonly string[]>;
  /** The host's files, and what the driver itself does with them; default: there are none. */
  readonly host?: CompilerHost | undefined;
  readonly observe?: ((path: string, what: Observation) => void) | undefined;
}

/** What the driver does on the host, beside what its jobs do. File names are relative to `cwd`, or absolute. */
export interface CompilerHost {
  readonly tree: HostTree;
  /** The files as LLVM's tools for programs see them: see `CommandLine.launcher`. */
  readonly programs: HostTree;
  /** Sets the permissions that a linked program has natively: WASI has none. @param launcher its first line, or '' */
  makeExecutable(cwd: string, file: string, launcher: string): void;
  /** Notes the permissions and first lines of files. @returns what gives them to what a tool has made of these */
  keepPrograms(cwd: string, files: readonly string[]): () => void;
  /** Changes the text of a file, if it is there. */
  edit(cwd: string, file: string, change: (text: string) => string): void;
  /** The process's own standard input, to its end. */
  readStdin(): Uint8Array;
}

/** The stack of a program, as natively on Linux; wasm-ld's own default is 64 KiB. */
const stackSize = 8 * 1024 * 1024;

/** The variables of the environment that clang or LLVM look at. */
const passedVariables = [
  'CPATH',
  'C_INCLUDE_PATH',
  'CPLUS_INCLUDE_PATH',
  'COLUMNS',
  'TERM',
  'NO_COLOR',
  'SOURCE_DATE_EPOCH',
  'ZERO_AR_DATE',
] as const;

/** The status when the compiler itself dies; clang's own for a crashed job. */
const crashStatus = 254;

interface Plan {
  readonly jobs: readonly (readonly string[])[];
  /** The driver's diagnostics, without its banner. */
  readonly diagnostics: string;
  readonly banner: string;
  /** The driver answered a question, such as `--version`, on standard output. */
  readonly isAnswered: boolean;
  readonly status: number;
}

/**
 * Runs one command line.
 *
 * @returns the exit status, as clang's
 */
export async function compile(toolchain: Toolchain, given: CommandLine, sinks: OutputSinks): Promise<number> {
  const { tool } = given;
  if (tool !== 'cc' && tool !== 'c++' && !isMpi(tool)) {
    return runBinaryTool(toolchain, given, sinks, tool);
  }
  const say = (text: string): void => {
    if (text !== '') sinks.stderr(new TextEncoder().encode(text));
  };
  const answer = isMpi(tool) ? answerOf(tool, given.args) : undefined;
  if (answer !== undefined) {
    sinks.stdout(new TextEncoder().encode(answer));
    return 0;
  }
  const target = chooseTarget(given.args, toolchain.linux !== undefined);
  if (isMpi(tool) && (toolchain.mpi !== true || target !== 'linux')) {
    say(toolchain.mpi ? WRONG_TARGET_FOR_MPI : MISSING_MPI);
    return 1;
  }
  const threadless = target === 'linux' && toolchain.linux !== 'with threads' ? withoutThreads(given.args) : undefined;
  const command = threadless === undefined ? given : { ...given, args: threadless.args };
  say(threadless?.warning ?? '');
  if (toolchain.linux === undefined) say(missingForOption(command.args));
  const said: Uint8Array[] = [];
  const status = await runPlan(toolchain, command, target, {
    ...sinks,
    stderr: (bytes) => {
      said.push(bytes);
      sinks.stderr(bytes);
    },
  });
  if (status === 0) return status;
  if (toolchain.linux === undefined) say(missingForSource(command.args, decode(said)));
  if (target === 'linux') say(missingThreads(decode(said)));
  return status;
}

/** Runs the jobs that clang's driver plans. */
async function runPlan(
  toolchain: Toolchain,
  command: CommandLine,
  target: Target,
  sinks: OutputSinks,
): Promise<number> {
  const say = (text: string): void => {
    if (text !== '') sinks.stderr(new TextEncoder().encode(text));
  };
  const plan = await makePlan(toolchain, command, target, sinks);
  const isVerbose = command.args.includes('-v');
  const showsPlan = command.args.includes('-###');
  say((isVerbose || showsPlan ? plan.banner : '') + plan.diagnostics);
  if (showsPlan) say(plan.jobs.map(quoteJob).join(''));
  if (showsPlan || plan.status !== 0) return plan.status;
  // To show an empty plan is no error, to have one is: let the driver say so.
  if (plan.jobs.length === 0 && !plan.isAnswered && !isVerbose) {
    return run(toolchain, command, sinks, driverArguments(toolchain, command, target));
  }
  let status = 0;
  const failedOutputs = new Set<string>();
  for (const job of plan.jobs) {
    // As clang's driver: a job whose input failed is left out, the others go on.
    if (job.some((argument) => failedOutputs.has(argument))) continue;
    if (isVerbose) say(quoteJob(job));
    sinks.onJob?.(job[0] ?? '');
    await nextTurn();
    const jobStatus = runJob(toolchain, command, sinks, job);
    const output = optionValue(job, '-o');
    if (jobStatus === 0) {
      if (job[0] === 'wasm-ld' && output !== undefined) {
        const isProgram = !job.some((argument) => UNFINISHED_LINKS.has(argument));
        toolchain.host?.makeExecutable(command.cwd, output, isProgram ? (command.launcher ?? '') : '');
      }
      continue;
    }
    if (status === 0) status = jobStatus;
    if (output !== undefined) failedOutputs.add(output);
    if (job[0] === 'wasm-ld') {
      say(`clang: error: linker command failed with exit code ${jobStatus} (use -v to see invocation)\n`);
    }
  }
  return status;
}

/** Links whose result is not a program. */
const UNFINISHED_LINKS: ReadonlySet<string> = new Set(['-r', '--relocatable', '-shared', '--shared']);

function runBinaryTool(toolchain: Toolchain, command: CommandLine, sinks: OutputSinks, tool: BinaryTool): number {
  const { host } = toolchain;
  const changes = tool === 'strip' || tool === 'objcopy';
  const keep = changes ? host?.keepPrograms(command.cwd, command.args) : undefined;
  const tools = { ...toolchain, host: host && { ...host, tree: host.programs } };
  const status = run(tools, command, sinks, [tool === 'ld' ? 'wasm-ld' : tool, ...command.args]);
  keep?.();
  return status;
}

/** Asks clang's driver which jobs the command line means. */
async function makePlan(toolchain: Toolchain, command: CommandLine, target: Target, sinks: OutputSinks): Promise<Plan> {
  const chunks: Uint8Array[] = [];
  let isAnswered = false;
  const captured: OutputSinks = {
    stdout: (bytes) => {
      isAnswered = true;
      sinks.stdout(bytes);
    },
    stderr: (bytes) => void chunks.push(bytes),
  };
  const [driver = '', ...rest] = driverArguments(toolchain, command, target);
  const status = run(toolchain, command, captured, [driver, '-###', ...rest]);
  let banner = '';
  let diagnostics = '';
  const jobs: string[][] = [];
  for (const line of decode(chunks).split(/(?<=\n)/)) {
    if (line.startsWith(' "')) jobs.push(unquoteJob(line));
    else if (bannerLine.test(line)) banner += line;
    else if (line !== ' (in-process)\n') diagnostics += line;
  }
  const objects = target === 'wasi' && jobs.some(isHostedLink) ? await toolchain.objects() : [];
  return {
    jobs: jobs.map((job) => (job[0] === 'wasm-ld' ? adaptLink(job, target, objects, command) : job)),
    diagnostics,
    banner,
    isAnswered,
    status,
  };
}

const bannerLine = /^(clang version|Target|Thread model|InstalledDir|Build config|Configuration file)\b/;

/** The driver's command line: our defaults of compiling stand first, so that the user's own options win. */
function driverArguments({ linux }: Toolchain, { tool, args }: CommandLine, target: Target): string[] {
  const isCxx = tool === 'c++' || tool === 'mpic++';
  return [
    isCxx ? 'clang++' : 'clang',
    '--start-no-unused-arguments',
    // The driver's own place is where `llvm.ts` says; else it takes the working directory for it, and looks for its tools there.
    '-no-canonical-prefixes',
    ...targetOptions(target, isCxx, args, linux === 'with threads'),
    `-resource-dir=${toolchainRoot}`,
    '-msimd128',
    '-mbulk-memory',
    // With -flto the assembly of -S would be LLVM's.
    ...(args.includes('-S') ? [] : ['-flto']),
    '--end-no-unused-arguments',
    ...args,
  ];
}

/** Without libc there is no process. */
function isHostedLink(job: readonly string[]): boolean {
  return job[0] === 'wasm-ld' && job.includes('-lc');
}

/** Gives the link its defaults and, for WASI, the libraries of the machine. */
function adaptLink(
  [tool = '', ...rest]: readonly string[],
  target: Target,
  objects: readonly string[],
  { tool: compiler, args }: CommandLine,
): string[] {
  // Before the user's own, so that theirs win. The stack comes first in memory: to overflow it is a trap, not a silent write into data.
  const defaults = ['-z', `stack-size=${stackSize}`, '--stack-first', ...linkOptions(target, args, rest)];
  const level = args.findLast((argument) => /^-O([0-9sz]|fast)?$/.test(argument));
  // As clang takes higher levels.
  if (/^-O([3-9]|fast)$/.test(level ?? '')) defaults.push('--lto-O3');
  if (target === 'linux') defaults.push(...sharedMemoryOptions(rest));
  const words = rest;
  // Two pointers of functions are constants of MPI's ABI: no function may have one of their numbers.
  if (isMpi(compiler) || words.includes(MPI_OPTION)) defaults.push(`--table-base=${MPI_FIRST_FUNCTION}`);
  const libc = words.lastIndexOf('-lc');
  if (libc < 0) return [tool, ...defaults, ...words];
  // After the program and its libraries, before libc, so that ours come before libc's of the same name.
  const libraries = objects.length > 0 ? ['--start-lib', ...objects, '--end-lib'] : [];
  if (isMpi(compiler)) libraries.push(MPI_OPTION);
  if (target === 'linux' && words.includes('-lc++abi')) libraries.push('-lunwind');
  // clang's driver links OpenMP for other targets only.
  if (target === 'linux' && wantsOpenmp(args)) libraries.push('-lomp');
  return [tool, ...defaults, ...words.toSpliced(libc, 0, ...libraries)];
}

/** Runs one job of the plan, and mends the dependency file that it may write. */
function runJob(toolchain: Toolchain, command: CommandLine, sinks: OutputSinks, job: readonly string[]): number {
  const dependencies = optionValue(job, '-dependency-file');
  if (dependencies === undefined) return runRobustly(toolchain, command, sinks, job);
  const written: Uint8Array[] = [];
  const status = runRobustly(
    toolchain,
    command,
    dependencies === '-' ? { ...sinks, stdout: (bytes) => void written.push(bytes) } : sinks,
    job,
  );
  if (dependencies === '-') {
    sinks.stdout(new TextEncoder().encode(dropMemoryPaths(decode(written))));
  } else if (status === 0) {
    toolchain.host?.edit(command.cwd, dependencies, dropMemoryPaths);
  }
  return status;
}

/** Runs one job; where LLVM's vectoriser fails, once more without it: what the first try has said by then is not said again. */
function runRobustly(toolchain: Toolchain, command: CommandLine, sinks: OutputSinks, job: readonly string[]): number {
  const simpler = withoutVectorisers(job);
  if (simpler === undefined) return run(toolchain, command, sinks, job);
  const rereading = { ...toolchain, host: toolchain.host && keepingStdin(toolchain.host) };
  const said = { stdout: 0, stderr: 0 };
  const lastWords: Uint8Array[] = [];
  const listening: OutputSinks = {
    stdout: (bytes) => {
      said.stdout += bytes.length;
      sinks.stdout(bytes);
    },
    stderr: (bytes) => {
      if (lastWords.length > 0 || isLastWord(decode([bytes]))) return void lastWords.push(bytes);
      said.stderr += bytes.length;
      sinks.stderr(bytes);
    },
  };
  const status = run(rereading, command, listening, job);
  if (status === crashStatus && failedInVectoriser(decode(lastWords))) {
    sinks.stderr(new TextEncoder().encode(vectoriserWarning(job[0] ?? '')));
    const rest = { stdout: behind(said.stdout, sinks.stdout), stderr: behind(said.stderr, sinks.stderr) };
    return run(rereading, command, rest, simpler);
  }
  for (const bytes of lastWords) sinks.stderr(bytes);
  return status;
}

/** Writes what comes behind so many bytes. */
function behind(count: number, write: (bytes: Uint8Array) => void): (bytes: Uint8Array) => void {
  let left = count;
  return (bytes) => {
    const skipped = Math.min(left, bytes.length);
    left -= skipped;
    if (skipped < bytes.length) write(bytes.subarray(skipped));
  };
}

/** Standard input can be read once only. */
function keepingStdin(host: CompilerHost): CompilerHost {
  let input: Uint8Array | undefined;
  return {
    ...host,
    readStdin: () => {
      input ??= host.readStdin();
      return input;
    },
  };
}

/** Drops the tool chain's headers from a make rule: they are no files that make could look at, and never change. */
function dropMemoryPaths(rules: string): string {
  return rules.replaceAll(/^\/@fusedos\/.*:\n\n?/gm, '').replaceAll(/(?: \\\n )? \/@fusedos\/\S+/g, '');
}

function run(toolchain: Toolchain, command: CommandLine, sinks: OutputSinks, argv: readonly string[]): number {
  const env: Record<string, string> = { TMPDIR: temporaryRoot };
  for (const name of passedVariables) {
    const value = command.env?.[name];
    if (value !== undefined) env[name] = value;
  }
  const { stdin } = command;
  try {
    return toolchain.llvm.run({
      argv,
      cwd: command.cwd,
      env,
      files: toolchain.files,
      host: toolchain.host?.tree,
      observe: toolchain.observe,
      streams: {
        stdin:
          stdin === undefined
            ? undefined
            : () => (stdin === 'inherit' ? toolchain.host?.readStdin() : stdin) ?? new Uint8Array(),
        stdout: sinks.stdout,
        stderr: sinks.stderr,
        isTerminal: command.isTerminal,
      },
    });
  } catch (error) {
    // The tool's own trap, or a source so deeply nested that it exhausts the engine's stack.
    if (!(error instanceof WebAssembly.RuntimeError || error instanceof RangeError)) throw error;
    sinks.stderr(new TextEncoder().encode(`${argv[0]}: error: the compiler crashed: ${error.message}\n`));
    return crashStatus;
  }
}

function optionValue(job: readonly string[], option: string): string | undefined {
  const index = job.lastIndexOf(option);
  return index < 0 ? undefined : job[index + 1];
}

/** Lets the embedding program's event loop turn between two jobs, each of which blocks it. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** Splits a line of the driver's plan: words in double quotes, in which a backslash protects `"`, `\` and `$`. */
function unquoteJob(line: string): string[] {
  const words = Array.from(line.matchAll(/"((?:[^"\\]|\\.)*)"/gs), ([, word = '']) => word.replaceAll(/\\(.)/gs, '$1'));
  // The driver calls itself by two words: its own path, as it knows it, and the tool's name.
  if (words[0] === llvmPath) words.shift();
  return words;
}

function quoteJob(job: readonly string[]): string {
  return ` ${job.map((word) => `"${word.replaceAll(/["\\$]/g, '\\$&')}"`).join(' ')}\n`;
}

/** The path in memory of a file of the machine's own libraries. */
export function libraryPath(name: string): string {
  return `${memoryRoot}/lib/${name}`;
}

/** The text of bytes that came in pieces. */
export function decode(chunks: readonly Uint8Array[]): string {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  return chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join('') + decoder.decode();
}
