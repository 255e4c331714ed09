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

/** Of larger jobs tables with a column a rank would have no room. */
const COLUMNS_MOST = 16;

/** A table, a line a rank; then who was how long in which call, and who sent what to whom. */
export function renderStats({ ranks, traffic, times = [] }: JobExit): string {
  const own = table([['rank', 'pid', 'end', 'time', 'ran', 'memory', 'local', 'shipped'], ...ranks.map(statsOf)]);
  return `${own}${renderTimes(times)}${renderTraffic(traffic)}`;
}

/** A line a call, those that took longest first. */
function renderTimes(times: NonNullable<JobExit['times']>): string {
  const names = [...new Set(times.flatMap(Object.keys))];
  if (names.length === 0) return '';
  const lines = names.map((name) => ({ name, each: times.map((own) => own[name] ?? 0) }));
  lines.sort((one, other) => sumOf(other.each) - sumOf(one.each));
  lines.unshift({ name: 'all', each: times.map((own) => sumOf(Object.values(own))) });
  const isWide = times.length > COLUMNS_MOST;
  const head = isWide ? ['least', 'mean', 'most', 'rank'] : times.map((_, rank) => `rank ${rank}`);
  const cells = (each: readonly number[]): string[] => {
    if (!isWide) return each.map(milliseconds);
    const most = Math.max(...each);
    return [...[Math.min(...each), sumOf(each) / each.length, most].map(milliseconds), `${each.indexOf(most)}`];
  };
  const rows = lines.map(({ name, each }) => [name, ...cells(each)]);
  return `milliseconds in MPI\n${table([['call', ...head], ...rows])}`;
}

function renderTraffic({ messages, bytes }: JobExit['traffic']): string {
  if (messages.length > COLUMNS_MOST || sumOf(messages.flat()) === 0) return '';
  const head = ['from', ...messages.map((_, rank) => `to ${rank}`)];
  const of = (matrix: typeof bytes): string =>
    table([head, ...matrix.map((row, rank) => [`${rank}`, ...row.map(String)])]);
  return `messages\n${of(messages)}bytes\n${of(bytes)}`;
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, each) => sum + each, 0);
}

function milliseconds(ms: number): string {
  return ms.toFixed(3);
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
