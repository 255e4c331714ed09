// Jobs of several ranks; loaded with a machine's first one.

export { readJobOptions, readJobPrograms } from './options.ts';
export { runJob } from './run.ts';
export { startJob } from './start.ts';
