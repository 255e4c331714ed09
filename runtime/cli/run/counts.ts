// The table of --counts: how often a program made each call, and who served it.

import type { CallCount } from '../../machine/process/exit.ts';

const COUNT_WIDTH = 12;

/** @returns lines of text, the most frequent call first */
export function renderCounts(counts: Readonly<Record<string, CallCount>>): string {
  const calls = Object.entries(counts);
  const total = calls.reduce(
    (sum, [, { local, shipped }]) => ({ local: sum.local + local, shipped: sum.shipped + shipped }),
    {
      local: 0,
      shipped: 0,
    },
  );
  calls.sort(([a, first], [b, second]) => sumOf(second) - sumOf(first) || (a < b ? -1 : 1));
  const width = Math.max('total'.length, ...calls.map(([name]) => name.length));
  const line = (name: string, local: string | number, shipped: string | number): string =>
    `${name.padEnd(width)}${String(local).padStart(COUNT_WIDTH)}${String(shipped).padStart(COUNT_WIDTH)}\n`;
  const lines = calls.map(([name, { local, shipped }]) => line(name, local, shipped));
  return [line('call', 'local', 'shipped'), ...lines, line('total', total.local, total.shipped)].join('');
}

function sumOf({ local, shipped }: CallCount): number {
  return local + shipped;
}
