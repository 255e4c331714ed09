// The entries of MPI that concern datatypes, by name.

export * from './construct-entries.ts';
export * from './pack-entries.ts';
export * from './query-entries.ts';
