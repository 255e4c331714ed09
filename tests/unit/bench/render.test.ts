// The table of call costs, of calls that some hosts do not serve.

import { expect, test } from 'vitest';
import { renderReport } from '../../../runtime/bench/render.ts';

const CELL = { p10: 9, p50: 10, p90: 12, p99: 20, samples: 10, batch: 64, rounds: [10] };

test('a host that does not serve a call has a dash', () => {
  const text = renderReport(
    {
      calls: [
        { id: 'both', title: 'both', bytes: 0, localBy: 'cnk', cells: { local: CELL, 'node:wasi': CELL } },
        { id: 'ours', title: 'ours', bytes: 0, localBy: 'cnk', cells: { local: CELL } },
      ],
      floors: { 'empty import': CELL },
      directory: '/tmp',
      rounds: 1,
    },
    1,
  );
  expect(text).toMatch(/^both +10 ±15% +- +- +- +10 ±15% +-$/m);
  expect(text).toMatch(/^ours +10 ±15% +- +- +- +- +-$/m);
});
