// What a user may ask of a job: the programs of its ranks, and the options of a run as far as several processes can have them.

import {
  COORDINATES,
  TORUS_DIMENSIONS,
  type Torus,
  type TorusRequest,
  torusFor,
} from '../../../personalities/messaging/index.ts';
import { host } from '../../host/index.ts';
import type { Preopen, TransportModule } from '../messages.ts';
import { APP_CORES_MAX, RUN_OPTIONS, type RunOptions } from '../options.ts';
import { RUN_OUTPUT_BYTES } from '../process/limits.ts';
import type { ProgramSource } from '../program.ts';
import { checkArray, invalidValue } from '../values/arguments.ts';
import {
  integerFrom,
  nested,
  type Readers,
  readBoolean,
  readEnvironment,
  readFunction,
  readOptions,
  readText,
  readTexts,
} from '../values/option-readers.ts';

/** A program of a job, and its ranks. */
export interface JobProgram {
  readonly program: ProgramSource;
  /** How many ranks run it. Default: 1. */
  readonly n?: number;
  /** Default: those of the job. */
  readonly args?: readonly string[];
  /** Variables besides those of the job, which they replace. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** `args[0]`; default: the last part of the program's path. */
  readonly name?: string;
  /** Working directory. Default: that of the job. */
  readonly cwd?: string;
  /** Default: those of the job, unless it has a working directory of its own. */
  readonly preopens?: readonly Preopen[];
}

/** The ranks of a job that this machine has, when others have the rest. */
export interface JobPart {
  readonly firstRank: number;
  /** How many ranks the whole job has. */
  readonly size: number;
  readonly transport: TransportModule;
  /** Nothing of a rank of this machine runs any more. */
  readonly onRankEnded: (rank: number) => void;
}

/** Where a line comes from. */
export interface LineSource {
  readonly rank: number;
  readonly stream: 'stdout' | 'stderr';
}

/**
 * Those of a run. `stdin` is read by the first rank, the others' is /dev/null. `timeoutMs`, `maxOutput` and `signal` are the
 * job's, other limits each rank's. `cpuMs` counts the time that a rank looks for messages.
 */
export interface JobOptions extends Omit<RunOptions, 'name' | 'invoke'> {
  /** How many ranks, when there is one program. Default: as many as the host has processors. */
  readonly n?: number;
  /** Threads that each rank may have at once, main among them: it takes so many cores. Default: 1. */
  readonly threads?: number;
  /** Begins each line of output with where it comes from: `[1,RANK]<stdout>: `. */
  readonly tagOutput?: boolean;
  /** Where ranks are in a torus of nodes, as programs for Blue Gene/Q ask. Default: all on one node. */
  readonly torus?: TorusRequest;
  /** Measures how long each rank is in each call of MPI: `times` of the result. */
  readonly times?: boolean;
  /** Gets each line of output, without its end, as it comes; the next one waits for a promise that is returned. */
  readonly onOutput?: (line: string, source: LineSource) => void | Promise<void>;
}

const readRanks = integerFrom(1, APP_CORES_MAX);

const { name: _name, invoke: _invoke, ...SHARED } = RUN_OPTIONS;
const TORUS: Readers<TorusRequest> = {
  shape: (name, value) => {
    checkArray(name, value);
    if (value.length !== TORUS_DIMENSIONS) throw invalidValue(name, value, `must have ${TORUS_DIMENSIONS} numbers`);
    return value.map((nodes, index) => readRanks(`${name}[${index}]`, nodes));
  },
  ranksPerNode: readRanks,
  mapping: (name, value) => {
    const mapping = readText(name, value);
    if ([...mapping].sort().join('') === COORDINATES) return mapping;
    throw invalidValue(name, mapping, `must have each of the letters ${COORDINATES} once`);
  },
};

const JOB_OPTIONS: Readers<JobOptions> = {
  ...SHARED,
  torus: nested(TORUS),
  n: readRanks,
  tagOutput: readBoolean,
  times: readBoolean,
  onOutput: readFunction,
};

const JOB_PROGRAM: Readers<JobProgram> = {
  // Checked where it is loaded.
  program: (_path, value) => value as ProgramSource,
  n: readRanks,
  args: readTexts,
  env: readEnvironment,
  name: readText,
  cwd: RUN_OPTIONS.cwd,
  preopens: RUN_OPTIONS.preopens,
};

/** What `mpirun` knows. */
export const JOB_OPTION_NAMES: readonly string[] = Object.keys(JOB_OPTIONS);

/** Errors: those of readOptions. */
export function readJobOptions(options: unknown): JobOptions {
  return { maxOutput: RUN_OUTPUT_BYTES, ...readOptions('options', options, JOB_OPTIONS) };
}

/** Errors: those of readOptions; ERR_INVALID_ARG_VALUE: no program, or more ranks than a machine may have cores. */
export function readJobPrograms(programs: ProgramSource | readonly JobProgram[], { n }: JobOptions): JobProgram[] {
  if (!Array.isArray(programs)) return [{ program: programs as ProgramSource, n: n ?? host.processors }];
  checkArray('programs', programs);
  if (programs.length === 0) throw invalidValue('programs', programs, 'must have a program');
  if (n !== undefined)
    throw invalidValue('options.n', n, 'cannot be given with several programs, of which each has its own');
  return programs.map((program, index) => ({
    n: 1,
    ...readOptions<JobProgram>(`programs[${index}]`, program, JOB_PROGRAM),
  }));
}

/** Errors: ERR_INVALID_ARG_VALUE: there are more ranks than places. */
export function readTorus(ranks: number, request: TorusRequest = {}): Torus {
  const torus = torusFor(ranks, request);
  if (torus !== undefined) return torus;
  throw invalidValue('options.torus', request, `has no place for ${ranks} ranks`);
}
