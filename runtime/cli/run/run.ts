// `fusedos run`: one machine, one program, the process's own streams. Loads as little as it can and compiles the program
// while the workers start, because most of a short run is start-up. It ends by process.exit: a guest's output has then been
// taken by whoever reads it, and nothing else is worth waiting for.

import { basename } from 'node:path';
import { boot, type Machine } from '../../machine/boot.ts';
import { FusedError } from '../../machine/errors.ts';
import type { Job, JobExit } from '../../machine/job/job.ts';
import type { HostStdio } from '../../machine/messages.ts';
import { checkMachineOptions, type MachineOptions, type SpawnOptions } from '../../machine/options.ts';
import type { Exit } from '../../machine/process/exit.ts';
import type { EndingLimit } from '../../machine/process/limits.ts';
import type { GuestProcess } from '../../machine/process/process.ts';
import { type Program, Programs } from '../../machine/program.ts';
import { CliError, errorLine, STATUS } from '../status.ts';
import { isOutputJoined, isTerminal, OutputPump, readStdin } from '../streams.ts';
import { hostStdio } from './host-stdio.ts';
import type { ImageOptions } from './image.ts';
import { type JobRequest, type RunRequest, ranksOf } from './request.ts';

/** Signals to us that end the guest. */
const ENDING_SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
type EndingSignal = keyof typeof ENDING_SIGNALS;

const ENDED_BECAUSE: Readonly<Record<EndingLimit, string>> = {
  timeout: 'its time was up',
  cpu: 'its processor time was up',
  output: 'it wrote more than it may',
};

/** After a signal or the end of its time, a program's output has to be taken at least this often. */
const STALL_MS = 1000;

export async function run(args: readonly string[]): Promise<number> {
  return runRequest('fusedos run', () => readRequest(args));
}

/** Ends the process, unless there is nothing to run. @param command by which name errors are told */
export async function runRequest(command: string, read: () => Promise<RunRequest | undefined>): Promise<number> {
  try {
    const request = await read();
    return request === undefined ? 0 : process.exit(await execute(command, request));
  } catch (error) {
    const told = asCliError(error);
    if (told === undefined) throw error;
    await new OutputPump(process.stderr, false).write(errorLine(command, told)).catch(() => {});
    return process.exit(told.status);
  }
}

async function readRequest(args: readonly string[]): Promise<RunRequest | undefined> {
  const [file, ...rest] = args;
  if (file === undefined || (file.startsWith('-') && file !== '-')) {
    return (await import('./options.ts')).parseRun(args);
  }
  return {
    file,
    args: rest,
    machine: {},
    process: {},
    directories: [],
    tmpfs: [],
    staged: [],
    tracesCalls: false,
    showsCounts: false,
    isRaw: false,
  };
}

async function execute(command: string, request: RunRequest): Promise<number> {
  if (request.images?.save !== undefined) (await import('./image.ts')).requireWritable(request.images.save);
  const interruption = new Interruption();
  const { machine: machineOptions, place: planned } = await planTree(request);
  const volumes = request.rootVolume === undefined ? undefined : await import('./root-volume.ts');
  const volume = volumes?.readVolume(request.rootVolume ?? '');
  const options: MachineOptions = {
    ...machineOptions,
    ...(volume === undefined ? {} : { root: volume }),
    ...coresFor(planned, request.job),
  };
  const booting = boot(options);
  booting.catch(() => {}); // a program that cannot run is told of first
  // A program that came by stdin has left nothing there; what is counted passes through our hands.
  const { job } = request;
  const streams = hostStdio(request.file !== '-', request.process.maxOutput === undefined && job === undefined);
  const isJoined = streams.files[1] === undefined && isOutputJoined() && job?.tagsOutput !== true;
  // While the workers start: what Node loads for these takes a while too.
  const stdout = new OutputPump(process.stdout, request.isRaw);
  const stderr = new OutputPump(process.stderr, request.isRaw);
  const files = job === undefined ? [request.file] : job.programs.map(({ file }) => file);
  const programs = await loadAll(files, options);
  const machine = await booting;
  const place = await withImage(machine, request, planned);
  // Whether anybody reads it is nothing to the program.
  const trace = (line: string): Promise<void> => stderr.write(`${line}\n`).catch(() => {});
  const own = { ...place, joinOutput: isJoined, ...(request.tracesCalls && { trace }) };
  const guest =
    job === undefined
      ? await machine.spawnOnHost(programs[0] as Program, own, streams)
      : await startJob(machine, request, job, programs, own, streams, stderr);
  const output = { stdout, stderr, isJoined };
  const status = await new Session(command, request, guest, interruption, output).run();
  const saveTree = (path: string): void => {
    if (volume !== undefined) volumes?.saveVolume(volume, path);
  };
  if (request.images !== undefined) {
    await keepFiles(machine, request.images, stderr, volume === undefined ? undefined : saveTree);
  }
  return status;
}

async function startJob(
  machine: Machine,
  { directories, tmpfs }: RunRequest,
  { programs: parts, tagsOutput, showsStats, torus, notes }: JobRequest,
  programs: readonly Program[],
  { args: _args, name: _name, ...own }: SpawnOptions,
  streams: HostStdio,
  stderr: OutputPump,
): Promise<Job> {
  for (const note of notes) void stderr.write(`fusedos mpirun: ${note}\n`).catch(() => {});
  const { planDirectories } = await import('./directories.ts');
  const ranks = parts.map(({ file, args, n, env, cwd }, i) => {
    const program = { program: programs[i] as Program, n, args, env, name: basename(file) };
    if (cwd === undefined) return program;
    const hasMounts = directories.length + tmpfs.length > 0;
    return { ...program, cwd, ...(hasMounts && { preopens: planDirectories(directories, cwd, [], tmpfs).preopens }) };
  });
  return machine.startJobOnHost(ranks, { ...own, tagOutput: tagsOutput, times: showsStats, torus }, streams);
}

/** A worker is started for main alone: only a program with threads wants more. */
function coresFor({ placement, threads }: SpawnOptions, job: JobRequest | undefined): MachineOptions {
  if (job !== undefined) {
    const cores = (threads ?? 1) * ranksOf(job);
    if (placement === 'linux') return { linuxProcesses: cores, appCores: 1, spareCores: 0, readyCores: 0 };
    return { appCores: cores, readyCores: cores, spareCores: 0, linuxProcesses: 0 };
  }
  const most = threads === undefined ? {} : { appCores: threads, linuxProcesses: threads };
  if (placement === 'linux') return { ...most, spareCores: 0, readyCores: 0 };
  return { ...most, spareCores: 0, readyCores: 1, linuxProcesses: 0 };
}

/** Only a machine that has its image knows which directories are at the top of its tree. */
async function withImage(machine: Machine, request: RunRequest, place: SpawnOptions): Promise<SpawnOptions> {
  const hasTree = request.images?.image !== undefined || request.rootVolume !== undefined;
  if (!hasTree || request.directories.length === 0) return place;
  const { planDirectories } = await import('./directories.ts');
  const tops = (await machine.fs.readdir('/', { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const names = tops.map(({ name }) => name);
  return { ...place, preopens: planDirectories(request.directories, request.process.cwd, names).preopens };
}

/** Errors: CliError. */
async function keepFiles(
  machine: Machine,
  { save, showsChanges }: ImageOptions,
  stderr: OutputPump,
  saveTree: ((path: string) => void) | undefined,
): Promise<void> {
  const { renderChanges, saveFiles } = await import('./image.ts');
  // Nobody may read it.
  if (showsChanges) await stderr.write(renderChanges(await machine.fs.changes())).catch(() => {});
  if (save === undefined) return;
  if (saveTree === undefined) await saveFiles(machine, save);
  else saveTree(save);
}

async function planTree({ file, args, machine, process: place, directories, tmpfs, staged }: RunRequest): Promise<{
  machine: MachineOptions;
  place: SpawnOptions;
}> {
  const common = {
    ...place,
    args,
    name: file === '-' ? 'program' : basename(file),
    terminals: [isTerminal(0), isTerminal(1), isTerminal(2)] as const,
  };
  const hasMounts = directories.length + tmpfs.length > 0;
  if (!hasMounts && staged.length === 0) return { machine, place: common };
  const { readStaged, topOf } = await import('./staging.ts');
  if (!hasMounts) {
    return { machine, place: { ...common, stage: await readStaged(staged, place.cwd ?? '/') } };
  }
  const { planDirectories } = await import('./directories.ts');
  const stagedTops = staged.map(topOf).filter((top) => top !== undefined);
  const { mounts, preopens, cwd } = planDirectories(directories, place.cwd, stagedTops, tmpfs);
  const stage = await readStaged(staged, cwd);
  return { machine: { ...machine, mounts }, place: { ...common, preopens, cwd, stage } };
}

function loadAll(files: readonly string[], options: MachineOptions): Promise<Program[]> {
  const programs = new Programs(checkMachineOptions(options, 1).maximumPages);
  return Promise.all(files.map((file) => load(file, programs)));
}

/** Errors: CliError that names the file. */
async function load(file: string, programs: Programs): Promise<Program> {
  try {
    return await programs.load(file === '-' ? await readStdin() : file);
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    switch (code) {
      case 'ENOENT':
      case 'ENOTDIR':
        throw new CliError(STATUS.NOT_FOUND, `${file}: there is no such file`);
      case 'EACCES':
        throw new CliError(STATUS.NOT_RUNNABLE, `${file}: you may not read it`);
      case 'EISDIR':
        throw new CliError(STATUS.NOT_RUNNABLE, `${file}: it is a directory`);
      case 'ENOEXEC':
      case 'ENOMEM':
        throw new CliError(STATUS.NOT_RUNNABLE, `${file}: ${compileAdvice(file) ?? message}`);
      default:
        throw error;
    }
  }
}

/** How a source is compiled, by its name. */
function compileAdvice(file: string): string | undefined {
  const [, name, kind] = /^(.*)\.(c|cc|cpp|cxx|ts)$/.exec(file) ?? [];
  switch (kind) {
    case undefined:
      return undefined;
    case 'c':
      return `it is C source: compile it with fusedos cc -O2 ${file} -o ${name}.wasm`;
    case 'ts':
      return `it is AssemblyScript or TypeScript source: compile AssemblyScript with npx asc ${file} -o ${name}.wasm`;
    default:
      return `it is C++ source: compile it with fusedos c++ -O2 ${file} -o ${name}.wasm`;
  }
}

/** What a user can mend; undefined for a bug of ours. */
function asCliError(error: unknown): CliError | undefined {
  if (error instanceof CliError) return error;
  if (isArgumentError(error)) return usageErrorOf(error);
  if (!(error instanceof FusedError)) return undefined;
  switch (error.code) {
    case 'ENOEXEC':
    case 'ENOMEM':
      return new CliError(STATUS.NOT_RUNNABLE, error.message);
    case 'EINVAL':
      return usageErrorOf(error);
    default:
      // Of a bug of ours the machine has told the rest.
      return new CliError(STATUS.FAILURE, error.message.split('\n', 1)[0] ?? '');
  }
}

/** An option that the machine refuses; see machine/values/arguments. */
function isArgumentError(error: unknown): error is Error {
  const { code } = Object(error) as { readonly code?: unknown };
  return error instanceof Error && /^ERR_(INVALID_ARG|OUT_OF_RANGE)/.test(String(code));
}

function usageErrorOf({ message }: Error): CliError {
  return new CliError(STATUS.FAILURE, message, { isUsage: true });
}

/** SIGINT and its like, sent to us. */
class Interruption {
  status: number | undefined;
  /** What to do then; at first there is nothing but to end. */
  onSignal: ((signal: EndingSignal) => void) | undefined;

  constructor() {
    for (const [signal, status] of Object.entries(ENDING_SIGNALS)) {
      process.on(signal, () => {
        // The second one, or nothing to end in order.
        if (this.status !== undefined || this.onSignal === undefined) process.exit(status);
        this.status = status;
        this.onSignal(signal as EndingSignal);
      });
    }
  }
}

/** A process, or a job of several. */
type Guest = Pick<GuestProcess, 'kill' | 'traced' | 'output'> & { readonly exit: Promise<Exit | JobExit> };

/** A program that runs, and its streams. */
class Session {
  readonly #command: string;
  readonly #request: RunRequest;
  readonly #guest: Guest;
  readonly #interruption: Interruption;
  readonly #stdout: OutputPump;
  readonly #stderr: OutputPump;
  readonly #isJoined: boolean;
  /** A stream of ours failed, other than by its reader's going away. */
  #failure: CliError | undefined;

  constructor(
    command: string,
    request: RunRequest,
    guest: Guest,
    interruption: Interruption,
    output: { readonly stdout: OutputPump; readonly stderr: OutputPump; readonly isJoined: boolean },
  ) {
    this.#command = command;
    this.#isJoined = output.isJoined;
    this.#request = request;
    this.#guest = guest;
    this.#interruption = interruption;
    this.#stdout = output.stdout;
    this.#stderr = output.stderr;
  }

  async run(): Promise<number> {
    const interrupted = new Promise<void>((resolve) => {
      this.#interruption.onSignal = (signal) => {
        this.#guest.kill(signal);
        resolve();
      };
    });
    const traced = this.#guest.traced.catch(() => {}); // nobody reads it
    const drained = Promise.all([this.#drain(), traced]);
    const exit = await this.#guest.exit;
    const stopped = exit.hasTimedOut ? Promise.resolve() : interrupted;
    await Promise.race([drained, stopped.then(() => this.#stall())]);
    await this.#epilogue(exit).catch(() => {}); // nobody reads it
    return this.#status(exit);
  }

  async #drain(): Promise<void> {
    const out = this.#pump(this.#stdout, this.#guest.output('stdout'), 'stdout');
    // Of a joined output only the report of a trap is left for stderr, and belongs after it.
    if (this.#isJoined) await out;
    await Promise.all([out, this.#pump(this.#stderr, this.#guest.output('stderr'), 'stderr')]);
  }

  /**
   * A guest whose output nobody takes ends as a native program does, by SIGPIPE, which comes before the write that would tell
   * it of EPIPE.
   */
  async #pump(pump: OutputPump, source: AsyncIterable<Uint8Array>, name: string): Promise<void> {
    const failed = (error: Error & { readonly code?: string }): void => {
      if (error.code !== 'EPIPE') this.#failure ??= new CliError(STATUS.FAILURE, `${name}: ${error.message}`);
      this.#guest.kill('SIGPIPE');
    };
    await pump.pump(source, failed).catch(failed);
  }

  /** Resolves when no output was taken for a while. */
  async #stall(): Promise<void> {
    for (let before = -1; before !== this.#taken; ) {
      before = this.#taken;
      await new Promise((resolve) => setTimeout(resolve, STALL_MS));
    }
  }

  get #taken(): number {
    return this.#stdout.taken + this.#stderr.taken;
  }

  /** What we have to say when the program has said all. */
  async #epilogue(exit: Exit | JobExit): Promise<void> {
    const { values, counts, limit } = exit;
    if (values.length > 0) await this.#stdout.write(`${values.join('\n')}\n`);
    if (this.#request.showsCounts) {
      const { renderCounts } = await import('./counts.ts');
      await this.#stderr.write(renderCounts(counts));
    }
    if ('ranks' in exit) await this.#stderr.write(await this.#jobText(exit));
    else if (limit !== undefined && limit in ENDED_BECAUSE) {
      const reason = ENDED_BECAUSE[limit as EndingLimit];
      await this.#stderr.write(`${this.#command}: the program was ended because ${reason}\n`);
    }
    if (this.#failure !== undefined) await this.#stderr.write(errorLine(this.#command, this.#failure));
  }

  async #jobText(exit: JobExit): Promise<string> {
    const { renderFailure, renderStats } = await import('./job.ts');
    const stats = this.#request.job?.showsStats ? renderStats(exit) : '';
    return stats + renderFailure(this.#command, exit);
  }

  #status({ exitCode, hasTimedOut }: Exit): number {
    if (this.#failure !== undefined) return this.#failure.status;
    if (this.#interruption.status !== undefined) return this.#interruption.status;
    return hasTimedOut ? STATUS.TIMED_OUT : exitCode;
  }
}
