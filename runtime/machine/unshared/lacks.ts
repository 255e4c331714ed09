// What a machine without shared memory cannot do. Only words; the machine itself is backing.ts.

/** Why a machine is not whole, and what it lacks. */
export interface Degradation {
  /** What the host lacks, and what to do about it. */
  readonly missing: string;
  /** What follows, a sentence each. */
  readonly lost: readonly string[];
}

export const LOST = [
  'every program runs under the placement "library", on a Linux of its own',
  'a program begins with a copy of the machine’s files; what it changed is stored when it has ended, not when it was killed',
  'stdin is given whole at the start: spawn() has none, and output is not held back when nobody reads it',
  'a kill ends the program’s worker: signals and time limits stop it, and nothing that it did to files is kept',
  'the memory of a loaded program cannot be read or written',
  'no shared memory: no threads, no host directories',
] as const;
