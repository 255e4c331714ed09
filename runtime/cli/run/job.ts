// What `fusedos mpirun` says when a job has ended: why, and what its ranks took.

import type { JobExit, RankExit } from '../../machine/job/job.ts';
import type { EndingLimit } from '../../machine/process/limits.ts';

const ENDED_BECAUSE: Readonly<Record<EndingLimit, string>> = {
  timeout: 'its time was up',
  cpu: 'a rank’s processor time was up',
  output: 'it wrote more than it may',
};

/** @returns a line; nothing when no rank failed */
export function renderFailure(command: string, { failure, limit, ranks }: JobExit): string {
  if (failure === undefined) {
    const because = limit === undefined ? undefined : ENDED_BECAUSE[limit as EndingLimit];
    return because === undefined ? '' : `${command}: the job was ended because ${because}\n`;
  }
  const ended = ranks.filter(({ rank, signal }) => rank !== failure.rank && signal === 'SIGTERM').length;
  const others = ended === 0 ? '' : `; ${ended === 1 ? 'another rank was' : `${ended} other ranks were`} ended`;
  return `${command}: ${failure.message.trim()}${others}\n`;
}

/** Of larger jobs the table of who sent what to whom would have no room. */
const TRAFFIC_RANKS = 16;

/** A table, a line a rank; then who sent what to whom. */
export function renderStats({ ranks, traffic }: JobExit): string {
  const own = table([['rank', 'pid', 'end', 'time', 'ran', 'memory', 'local', 'shipped'], ...ranks.map(statsOf)]);
  if (ranks.length > TRAFFIC_RANKS || traffic.messages.flat().every((count) => count === 0)) return own;
  const { messages, bytes } = traffic;
  const head = ['from', ...ranks.map(({ rank }) => `to ${rank}`)];
  const of = (matrix: typeof bytes): string =>
    table([head, ...matrix.map((row, rank) => [`${rank}`, ...row.map(String)])]);
  return `${own}messages\n${of(messages)}bytes\n${of(bytes)}`;
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] as string).length)));
  return rows
    .map((row) => `${row.map((text, column) => text.padStart(widths[column] as number)).join('  ')}\n`)
    .join('');
}

function statsOf({ rank, pid, exitCode, signal, durationMs, cpuMs, peakMemory, counts }: RankExit): string[] {
  const calls = Object.values(counts);
  return [
    `${rank}`,
    `${pid}`,
    signal ?? `${exitCode}`,
    `${durationMs.toFixed(1)} ms`,
    `${cpuMs.toFixed(1)} ms`,
    `${(peakMemory / 2 ** 20).toFixed(1)} MiB`,
    `${calls.reduce((sum, { local }) => sum + local, 0)}`,
    `${calls.reduce((sum, { shipped }) => sum + shipped, 0)}`,
  ];
}
