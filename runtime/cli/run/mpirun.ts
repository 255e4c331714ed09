// `fusedos mpirun`: a program, or several, as ranks of one job. Its options are those of `fusedos run`, and mpirun's own as Open MPI spells
// them, with one dash or two; of those, what has no meaning on one machine is taken and told. Programs are parted by `:`.

import { host } from '../../host/index.ts';
import { APP_CORES_MAX } from '../../machine/options.ts';
import { createCommand, InvalidArgumentError, parse } from '../command-line.ts';
import { parseTime } from '../quantity.ts';
import { usageError } from '../status.ts';
import { addProgramOptions, addVariable, type ParsedOptions, readNumber, requestOf } from './options.ts';
import { type JobProgramRequest, type JobRequest, type RunRequest, ranksOf } from './request.ts';
import { runRequest } from './run.ts';

const AFTER = `
Each rank is a process of one machine, on cores of its own (--threads of them), and sends to others by one
copy from memory to memory. FILE.wasm is what fusedos mpicc makes; a program without MPI runs too, and
finds its rank in PMI_RANK. Options stand before the program: all that follows it is the program's, up to
a word : that begins the next program, with its own -n, -x and --wdir.

Ranks see no file of yours unless you give them a directory (--dir), and no variable unless you name it
(-x): see fusedos run --help. The first rank reads stdin; the others find nothing there. What they write
comes line by line.

A rank that fails, by a status other than 0, a signal or MPI_Abort, ends the job: the others get SIGTERM.

Ranks have places in a torus of nodes, which a program finds by <mpix.h> or <spi/include/kernel/location.h>, as
on Blue Gene/Q; --shape, --ranks-per-node and --mapping are those of its runjob. Without them all are on one
node. Nothing else depends on it.

With more ranks than processors, ranks that wait sleep, and all works, though slower.

Exit status: 0 when all ranks ended by 0; that of the rank that failed first, 128 + N when signal N ended
it; else as that of fusedos run.

Examples:
  fusedos mpicc ring.c -o ring.wasm
  fusedos mpirun -n 4 ring.wasm
  fusedos mpirun -n 8 --tag-output --dir . solve.wasm input.txt
  fusedos mpirun -n 1 master.wasm : -n 3 -x LEVEL=2 worker.wasm
`;

/** Of Open MPI's, those that place ranks on hosts and processors. */
const WITHOUT_EFFECT: readonly (readonly [flags: string, text: string])[] = [
  ['--map-by <WHAT>', 'where ranks go: without effect'],
  ['--rank-by <WHAT>', 'how ranks are numbered: without effect'],
  ['--bind-to <WHAT>', 'what ranks are bound to: without effect'],
  ['--report-bindings', 'without effect'],
  ['--host <HOSTS>', 'without effect: all ranks are here'],
  ['--hostfile <FILE>', 'without effect: all ranks are here'],
  ['--mca <NAME=VALUE>', 'a parameter of Open MPI, or NAME VALUE: without effect'],
];
/** What is so in any case. */
const IS_SO: readonly (readonly [flags: string, text: string])[] = [
  ['--oversubscribe', 'more ranks than processors: always allowed'],
  ['--allow-run-as-root', 'always allowed'],
];

interface ParsedJobOptions extends ParsedOptions {
  readonly np?: number;
  readonly x?: Readonly<Record<string, string>>;
  readonly wdir?: string;
  readonly tagOutput?: boolean;
  readonly stats?: boolean;
  readonly shape?: readonly number[];
  readonly ranksPerNode?: number;
  readonly mapping?: string;
}

export async function mpirun(args: readonly string[]): Promise<number> {
  return runRequest('fusedos mpirun', async () => parseJob(args));
}

/**
 * @returns undefined when help or version was asked for, and printed
 *
 * Errors: CliError for options that there are not, or that may not have this value.
 */
export function parseJob(args: readonly string[]): RunRequest | undefined {
  const [first = [], ...others] = partsOf(args);
  const notes = new Set<string>();
  const main = parsePart(first, notes);
  if (main === undefined) return undefined;
  const { options } = main;
  const count = options.np ?? (others.length === 0 ? host.processors : 1);
  const programs = [{ ...main.program, n: count }];
  for (const part of others) {
    const parsed = parsePart(part, notes);
    if (parsed === undefined) return undefined;
    programs.push(parsed.program);
  }
  const cores = ranksOf({ programs }) * (options.threads ?? 1);
  if (cores > APP_CORES_MAX) usageError(`${cores} cores are wanted, and a machine has ${APP_CORES_MAX} at most`);
  const { file, args: own } = main.program;
  const told = notes.size === 0 ? [] : [`without effect here: ${[...notes].join(', ')}`];
  return {
    ...requestOf(file, own, options),
    job: {
      programs,
      tagsOutput: options.tagOutput ?? false,
      showsStats: options.stats ?? false,
      torus: torusOf(options, ranksOf({ programs })),
      notes: told,
    },
  };
}

function torusOf({ shape, ranksPerNode, mapping }: ParsedJobOptions, ranks: number): JobRequest['torus'] {
  const places = (shape ?? []).reduce((product, nodes) => product * nodes, ranksPerNode ?? ranks);
  if (shape !== undefined && places < ranks) {
    usageError(`--shape ${shape.join('x')} with ${ranksPerNode} ranks per node has no place for ${ranks}`);
  }
  return { ...(shape && { shape }), ...(ranksPerNode && { ranksPerNode }), ...(mapping && { mapping }) };
}

function partsOf(args: readonly string[]): string[][] {
  const parts: string[][] = [[]];
  for (const argument of args) {
    if (argument === ':') parts.push([]);
    else parts.at(-1)?.push(argument);
  }
  return parts;
}

function parsePart(
  args: readonly string[],
  notes: Set<string>,
): { readonly program: JobProgramRequest; readonly options: ParsedJobOptions } | undefined {
  const command = createJobCommand();
  if (!parse(command, withTwoDashes(command, args))) return undefined;
  const [file = '', ...rest] = command.args;
  const options = command.opts<ParsedJobOptions>();
  for (const [flags] of WITHOUT_EFFECT) {
    const name = flags.split(' ', 1)[0] as string;
    const value: unknown = command.getOptionValue(
      command.options.find(({ long }) => long === name)?.attributeName() ?? '',
    );
    if (value !== undefined) notes.add(value === true ? name : `${name} ${value}`);
  }
  const { np = 1, x = {}, wdir } = options;
  if (wdir?.startsWith('/') === false) usageError(`--wdir ${wdir}: write an absolute path in the ranks’ tree`);
  return { program: { file, args: rest, n: np, env: x, ...(wdir !== undefined && { cwd: wdir }) }, options };
}

export function createJobCommand(): ReturnType<typeof createCommand> {
  const command = createCommand({
    name: 'fusedos mpirun',
    usage: '[options] FILE.wasm [ARGS…] [: [options] FILE.wasm [ARGS…]]…',
    description: 'Runs a program of MPI as several ranks.',
    after: AFTER,
  });
  command
    .argument('<FILE.wasm>')
    .argument('[ARGS...]')
    .helpCommand(false)
    .passThroughOptions()
    .option('-n, --np <COUNT>', 'how many ranks; default: as many as there are processors', readRanks)
    .option('-x <NAME[=VALUE]>', 'set a variable, or pass yours on; repeatable', addVariable)
    .option('--wdir <PATH>', "the ranks' working directory, an absolute path in their tree")
    .option('--tag-output', 'begin each line with its rank: [1,RANK]<stdout>: ')
    .option('--shape <AxBxCxDxE>', 'nodes in each dimension of the torus', readShape)
    .option(
      '--ranks-per-node <COUNT>',
      'ranks on each node; with one of the two the other is what is needed',
      readRanks,
    )
    .option('--mapping <ORDER>', 'the order of places, the last grows first; default: ABCDET', readMapping)
    .option('--stats', 'print at the end what each rank took, how long it was in which call, who sent what to whom');
  addProgramOptions(command, {
    timeout: ['end the job after so many seconds, or 500ms, 2s, 1m, 1h, 30d', readTimeout],
    threads: 'threads that each rank may have at once; default: 1',
  });
  for (const [flags, text] of [...IS_SO, ...WITHOUT_EFFECT]) command.option(flags, text);
  return command;
}

/** Long options with one dash, as other launchers take them, and parameters of two words. */
function withTwoDashes(command: ReturnType<typeof createCommand>, args: readonly string[]): string[] {
  const known = new Map(
    command.options.flatMap((option) => (option.long == null ? [] : [[option.long, option] as const])),
  );
  const words: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const word = args[i] as string;
    if (!word.startsWith('-') || word === '-' || word === '--') return [...words, ...args.slice(i)];
    const [name = '', ...value] = word.split('=');
    const isLong = known.has(`-${name}`);
    const long = isLong ? `-${name}` : name;
    const option = known.get(long) ?? command.options.find(({ short }) => short === name);
    words.push([long, ...value].join('='));
    if (option?.required !== true || value.length > 0) continue;
    if (long === '--mca') words.push(`${args[++i] ?? ''}=${args[++i] ?? ''}`);
    else if (i + 1 < args.length) words.push(args[++i] as string);
  }
  return words;
}

function readRanks(text: string): number {
  const count = readNumber(text);
  if (count === 0) throw new InvalidArgumentError('write a number from 1 on');
  return count;
}

function readShape(text: string): number[] {
  const shape = /^\d+(x\d+){4}$/.test(text) ? text.split('x').map(Number) : [];
  if (shape.length === 0 || shape.some((nodes) => nodes < 1 || nodes > APP_CORES_MAX))
    throw new InvalidArgumentError('write five numbers, as 2x2x1x1x1');
  return shape;
}

function readMapping(text: string): string {
  const mapping = text.toUpperCase();
  if ([...mapping].sort().join('') !== 'ABCDET')
    throw new InvalidArgumentError('write each of the letters ABCDET once, as TABCDE');
  return mapping;
}

/** A number alone is one of seconds. */
function readTimeout(text: string): number {
  const timeMs = parseTime(/^\d+(\.\d+)?$/.test(text) ? `${text}s` : text);
  if (timeMs === undefined)
    throw new InvalidArgumentError('write a number of seconds, or with its unit: 500ms, 2s, 1m');
  return timeMs;
}
