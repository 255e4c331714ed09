// The options of `fusedos run`, its help, and what they come to. Not loaded for a command line without options.

import { POLICIES, type PollPolicy } from '../../channel/layout.ts';
import { PLACEMENTS, type Placement, type Routes } from '../../core/route.ts';
import { checkMachineOptions, readSpawnOptions } from '../../machine/options.ts';
import { createCommand, InvalidArgumentError, parse } from '../command-line.ts';
import { parseSize, parseTime } from '../quantity.ts';
import { rawVariable } from '../raw-strings.ts';
import { usageError } from '../status.ts';
import { type DirectoryOption, parseDirectory, parseTmpfs, type TmpfsOption } from './directories.ts';
import type { RunRequest } from './request.ts';
import { parseStaged, type StageOption } from './staging.ts';

export const AFTER = `
FILE.wasm is a program for WASI preview 1, as fusedos cc makes them, or wasi_unstable before it, or a
module of AssemblyScript; - reads it from stdin. Options stand before it: all that follows it is the
program's.

A program sees no file of yours unless you give it a directory. --dir HOST::GUEST shows the directory
HOST under the name GUEST, --dir HOST under the name that you wrote; :ro forbids changes, :overlay
keeps them in memory, away from your files. Files elsewhere, as in /tmp, live in memory and end with
the program. --tmpfs PATH:64MiB makes a place in memory that holds no more than that; without a size,
half of --storage.

--stage HOST::GUEST reads the file HOST before the program starts and shows it as GUEST, served in the
program's own worker, at the cost of a function call; changes to it end with the program.

--save FILE.tar keeps the files in memory (not those of your directories) when the program has ended,
however it ended; --image FILE.tar begins with them. Both are tar archives as tar(1) and docker export
make and read them. An image that is damaged or leads out of the tree is refused whole. With
--root-volume FILE.json, --save FILE.json keeps the Volume.

Where a program runs (--placement): cnk serves its simple calls in its own worker and ships the others
to Linux (the default); fused ships every call; linux runs it as an ordinary process of Linux; library
gives it a Linux of its own.

On a terminal, control characters of the program's output are shown instead of obeyed, except for
colours and moves of the cursor; --raw passes all. Pipes and files always get the bytes as they are.

Exit status: the program's own; 128 + N when signal N ended it; 124 when its time was up; 125 when
fusedos failed or was told nonsense; 126 when FILE is no program that runs here; 127 when there is no
FILE.

Examples:
  fusedos run hello.wasm
  fusedos run --dir . --env LANG=C wordcount.wasm book.txt
  fusedos run --dir results::/out --dir /data::/in:ro --timeout 2m --counts simulate.wasm
  fusedos run --stage matrix.mtx::/data/matrix.mtx --trace solve.wasm /data/matrix.mtx
  fusedos run --invoke add sum.wasm 2 3
  fusedos run --image state.tar.gz --save state.tar.gz --changes step.wasm
`;

export interface ParsedOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly dir?: readonly DirectoryOption[];
  readonly tmpfs?: readonly TmpfsOption[];
  readonly stage?: readonly StageOption[];
  readonly cwd?: string;
  readonly image?: string;
  readonly rootVolume?: string;
  readonly save?: string;
  readonly changes?: boolean;
  readonly placement: Placement;
  readonly route?: Routes;
  readonly timeout?: number;
  readonly cpuTime?: number;
  readonly maxOutput?: number;
  readonly outputOverflow?: 'end' | 'truncate';
  readonly openFiles?: number;
  readonly memory?: number;
  readonly threads?: number;
  readonly deadlockCheck: boolean;
  readonly storage?: number;
  readonly invoke?: string;
  readonly pollPolicy?: PollPolicy;
  readonly unknownImports: 'trap' | 'enosys';
  readonly counts?: boolean;
  readonly trace?: boolean;
  readonly raw?: boolean;
}

/**
 * @returns undefined when help or version was asked for, and printed
 *
 * Errors: CliError for options that there are not, or that may not have this value.
 */
export function parseRun(args: readonly string[]): RunRequest | undefined {
  const command = createRunCommand();
  if (!parse(command, args)) return undefined;
  const [file = '', ...rest] = command.args;
  return requestOf(file, rest, command.opts<ParsedOptions>());
}

/** What options come to. Errors: CliError for those that may not have this value. */
export function requestOf(file: string, rest: readonly string[], options: ParsedOptions): RunRequest {
  const request: RunRequest = {
    file,
    args: rest,
    machine: {
      ...(options.memory === undefined ? {} : { memory: { process: options.memory } }),
      ...(options.storage === undefined ? {} : { storage: options.storage }),
      ...(options.pollPolicy === undefined ? {} : { pollPolicy: options.pollPolicy }),
      ...(options.image === undefined ? {} : { image: options.image }),
    },
    process: {
      env: options.env ?? {},
      placement: options.placement,
      route: options.route ?? {},
      unknownImports: options.unknownImports,
      deadlockCheck: options.deadlockCheck,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.timeout === undefined ? {} : { timeoutMs: options.timeout }),
      ...(options.cpuTime === undefined ? {} : { cpuMs: options.cpuTime }),
      ...(options.maxOutput === undefined ? {} : { maxOutput: options.maxOutput }),
      ...(options.outputOverflow === undefined ? {} : { outputOverflow: options.outputOverflow }),
      ...(options.openFiles === undefined ? {} : { openFiles: options.openFiles }),
      ...(options.threads === undefined ? {} : { threads: options.threads }),
      ...(options.invoke === undefined ? {} : { invoke: { name: options.invoke, args: rest } }),
    },
    directories: options.dir ?? [],
    tmpfs: options.tmpfs ?? [],
    staged: options.stage ?? [],
    ...rootVolumeOf(options),
    ...imagesOf(options),
    tracesCalls: options.trace ?? false,
    showsCounts: options.counts ?? false,
    isRaw: options.raw ?? false,
  };
  try {
    checkMachineOptions(request.machine, 1);
    readSpawnOptions(request.process);
  } catch (error) {
    if (error instanceof Error) usageError(byItsName(error.message));
    throw error;
  }
  return request;
}

/** Options of the library, as they are called here. */
const OWN_NAMES: Readonly<Record<string, string>> = {
  'options.memory.process': '--memory',
  'options.storage': '--storage',
  'options.cwd': '--cwd',
  'options.env': '--env',
  'options.route': '--route',
  'options.timeoutMs': '--timeout',
  'options.cpuMs': '--cpu-time',
  'options.maxOutput': '--max-output',
  'options.openFiles': '--open-files',
  'options.threads': '--threads',
};

function byItsName(message: string): string {
  return Object.entries(OWN_NAMES).reduce((text, [name, own]) => text.replaceAll(name, own), message);
}

/** Errors: CliError: what is of files in memory does not go with it. */
function rootVolumeOf({ rootVolume, image, save }: ParsedOptions): Pick<RunRequest, 'rootVolume'> {
  if (rootVolume === undefined) return {};
  if (image !== undefined) usageError('--root-volume and --image: the tree stands on one of them');
  if (save?.endsWith('.json') === false) usageError('--save: with --root-volume the file is NAME.json');
  return { rootVolume };
}

/** Errors: CliError: these files are the machine's, and a program under `library` has its own. */
function imagesOf({ image, rootVolume, save, changes, placement }: ParsedOptions): Pick<RunRequest, 'images'> {
  const isWanted = image !== undefined || save !== undefined || changes === true;
  if (!isWanted) return {};
  if (placement === 'library' && rootVolume === undefined) {
    usageError('--image, --save and --changes: under the placement library a program’s files are its own');
  }
  return {
    images: {
      ...(image === undefined ? {} : { image }),
      ...(save === undefined ? {} : { save }),
      showsChanges: changes ?? false,
    },
  };
}

export function createRunCommand(): ReturnType<typeof createCommand> {
  const command = createCommand({
    name: 'fusedos run',
    usage: '[options] FILE.wasm [ARGS…]',
    description: 'Runs a compiled program.',
    after: AFTER,
  });
  command.argument('<FILE.wasm>').argument('[ARGS...]').helpCommand(false).passThroughOptions();
  return addProgramOptions(command, {
    timeout: ['end it after so long: 500ms, 2s, 1m, 1h, 30d', readTime],
    threads: 'threads that it may have at once; default: processors + 1, at least 4',
    invoke: 'call an exported function; ARGS are its numbers, its results are printed',
  });
}

/** What differs between commands that run programs. */
export interface ProgramOptionTexts {
  readonly timeout: readonly [text: string, read: (text: string) => number];
  readonly threads: string;
  /** Absent: the command has no such option. */
  readonly invoke?: string;
}

/** The options of a program, in whichever command. */
export function addProgramOptions(
  command: ReturnType<typeof createCommand>,
  { timeout: [timeoutText, readTimeout], threads, invoke }: ProgramOptionTexts,
): ReturnType<typeof createCommand> {
  command
    .option('-e, --env <NAME[=VALUE]>', 'set a variable, or pass yours on; repeatable', addVariable)
    .option('-d, --dir <HOST[::GUEST][:ro|:overlay]>', 'give a directory; repeatable', addDirectory)
    .option('--tmpfs <PATH[:SIZE]>', 'an empty file system in memory; repeatable', addTmpfs)
    .option('--stage <HOST::GUEST>', 'give a file, read ahead and served beside it; repeatable', addStaged)
    .option('--image <FILE>', 'begin with the files of a tar image, as --save or tar make it; may be .tar.gz')
    .option(
      '--root-volume <FILE.json>',
      'the whole tree stands on a memfs Volume: paths with texts, as its toJSON() gives',
    )
    .option(
      '--save <FILE>',
      'save the files in memory when it has ended, as a tar image; compressed if .tar.gz or .tgz',
    )
    .option('--cwd <PATH>', "the program's working directory, an absolute path in its tree")
    .addOption(command.createOption('--placement <NAME>', 'where the program runs').choices(PLACEMENTS).default('cnk'))
    .option('--route <CALL=cnk|linux>', 'who serves one call; repeatable, or a list with commas', addRoutes)
    .option('-t, --timeout <TIME>', timeoutText, readTimeout)
    .option('--cpu-time <TIME>', 'end it when it has run so long, its sleeps and waits not counted', readTime)
    .option('--max-output <SIZE>', 'the most that it may write to stdout and stderr', readSize)
    .addOption(
      command
        .createOption('--output-overflow <WHAT>', 'a program that writes more: end it, or truncate what it writes')
        .choices(['end', 'truncate']),
    )
    .option('--open-files <COUNT>', 'how many descriptors it may have; default 1024', readNumber)
    .option('--threads <COUNT>', threads, readNumber)
    .option('--no-deadlock-check', 'do not end a program whose threads all wait for one another')
    .option('--memory <SIZE>', 'the most memory that it may have: 64MiB, 2GiB; default 1GiB', readSize)
    .option('--storage <SIZE>', 'the most that its files in memory may take; default 1GiB', readSize);
  if (invoke !== undefined) command.option('--invoke <FUNCTION>', invoke);
  return command
    .addOption(command.createOption('--poll-policy <NAME>', 'how both sides wait for shipped calls').choices(POLICIES))
    .addOption(
      command
        .createOption('--unknown-imports <WHAT>', 'calls that nobody provides: end the program, or fail with ENOSYS')
        .choices(['trap', 'enosys'])
        .default('trap'),
    )
    .option('--counts', 'print at the end which calls it made how often, to stderr')
    .option('--trace', 'print each call that it makes, who served it and how long that took, to stderr')
    .option('--changes', 'print at the end which files in memory were added (A), changed (C), deleted (D), to stderr')
    .option('--raw', 'pass control characters to the terminal');
}

export function addVariable(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const at = text.indexOf('=');
  const name = at < 0 ? text : text.slice(0, at);
  if (name === '') throw new InvalidArgumentError('a variable has a name');
  const value = at < 0 ? rawVariable(name) : text.slice(at + 1);
  return value === undefined ? { ...before } : { ...before, [name]: value };
}

function addDirectory(text: string, before: readonly DirectoryOption[] = []): DirectoryOption[] {
  const directory = parseDirectory(text);
  if (directory === undefined) throw new InvalidArgumentError('write HOST or HOST::GUEST, then :ro or :overlay');
  return [...before, directory];
}

function addTmpfs(text: string, before: readonly TmpfsOption[] = []): TmpfsOption[] {
  try {
    const tmpfs = parseTmpfs(text);
    if (tmpfs !== undefined) return [...before, tmpfs];
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
  throw new InvalidArgumentError('write PATH or PATH:SIZE, as /build:64MiB');
}

function addStaged(text: string, before: readonly StageOption[] = []): StageOption[] {
  const file = parseStaged(text);
  if (file === undefined) throw new InvalidArgumentError('write HOST::GUEST');
  return [...before, file];
}

function addRoutes(text: string, before: Routes = {}): Routes {
  const routes: Record<string, 'cnk' | 'linux'> = { ...before };
  for (const route of text.split(',')) {
    const [, call, personality] = /^([^=]+)=(cnk|linux)$/.exec(route) ?? [];
    if (call === undefined) throw new InvalidArgumentError('write CALL=cnk or CALL=linux');
    routes[call] = personality as 'cnk' | 'linux';
  }
  return routes;
}

export function readTime(text: string): number {
  const timeMs = parseTime(text);
  if (timeMs === undefined) throw new InvalidArgumentError('write a number and its unit: 500ms, 2s, 1m, 1h, 30d');
  return timeMs;
}

export function readNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('write a number');
  return Number(text);
}

function readSize(text: string): number {
  const bytes = parseSize(text);
  if (bytes === undefined) throw new InvalidArgumentError('write a number and its unit: 65536, 64MiB, 2GiB');
  return bytes;
}
