// What a command line of `fusedos run` comes to: made by run-options, or by run itself when there are no options.

import type { JobOptions } from '../../machine/job/options.ts';
import type { MachineOptions, SpawnOptions } from '../../machine/options.ts';
import type { DirectoryOption, TmpfsOption } from './directories.ts';
import type { ImageOptions } from './image.ts';
import type { StageOption } from './staging.ts';

/** A program of a job, and how many ranks run it. */
export interface JobProgramRequest {
  readonly file: string;
  readonly args: readonly string[];
  readonly n: number;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** What `fusedos mpirun` is asked besides. */
export interface JobRequest {
  readonly programs: readonly JobProgramRequest[];
  readonly tagsOutput: boolean;
  readonly showsStats: boolean;
  /** Where ranks are. */
  readonly torus: NonNullable<JobOptions['torus']>;
  /** What is told before it starts. */
  readonly notes: readonly string[];
}

/** A command line of `fusedos run`, read. */
export interface RunRequest {
  /** A path, or `-`. */
  readonly file: string;
  readonly args: readonly string[];
  readonly machine: MachineOptions;
  readonly process: SpawnOptions;
  readonly directories: readonly DirectoryOption[];
  readonly tmpfs: readonly TmpfsOption[];
  readonly staged: readonly StageOption[];
  readonly images?: ImageOptions;
  /** A JSON file that a memfs Volume is made of, for the root. */
  readonly rootVolume?: string;
  readonly tracesCalls: boolean;
  readonly showsCounts: boolean;
  readonly isRaw: boolean;
  /** Of several ranks; absent: one program, which is `file`. */
  readonly job?: JobRequest;
}

/** How many in all. */
export function ranksOf({ programs }: Pick<JobRequest, 'programs'>): number {
  return programs.reduce((sum, { n }) => sum + n, 0);
}
