// What the runner of conformance suites tells.

import { expect, test } from 'vitest';
import { renderDocument, renderLine, renderSummary, type Score, type TestResult } from '../../conformance/report.ts';

const RESULTS: readonly TestResult[] = [
  { suite: 'C', name: 'one', outcome: 'passed' },
  { suite: 'C', name: 'two', outcome: 'failed', reason: 'its exit status is 3, not 0; stdout: "x"' },
  { suite: 'Rust', name: 'three', outcome: 'passed' },
  { suite: 'Newer', name: 'four', outcome: 'skipped', reason: 'is a component' },
  { suite: 'Newer', name: 'five', outcome: 'skipped', reason: 'is a component' },
];
const SCORES: readonly Score[] = [
  { host: 'Node, cnk', results: RESULTS },
  { host: 'Chromium, cnk', results: RESULTS.map(({ suite, name, outcome }) => ({ suite, name, outcome })) },
];

test('a line a test, with its reason', () => {
  const [passed, failed] = RESULTS.map((result) => renderLine('Node, cnk', result));
  expect(passed).toBe('passed   Node, cnk  C  one');
  expect(failed).toBe('failed   Node, cnk  C  two: its exit status is 3, not 0; stdout: "x"');
});

test('a summary', () => {
  expect(SCORES.map(renderSummary)).toEqual([
    'Node, cnk: 2 passed, 1 failed, 2 skipped',
    'Chromium, cnk: 2 passed, 1 failed, 2 skipped',
  ]);
});

test('the document gets a table and lists of what failed and was skipped, between its markers only', () => {
  const document = 'before\n<!-- generated: begin -->\nold\n<!-- generated: end -->\nafter\n';
  const written = renderDocument(document, 'the command', '0123456789abcdef', [...SCORES.slice(0, 1)]);
  expect(written).toBe(
    [
      'before',
      '<!-- generated: begin -->',
      '',
      '`the command`, revision `0123456789ab` of the suite:',
      '',
      '| suite | Node, cnk |',
      '| --- | --: |',
      '| C | 1 / 2 |',
      '| Rust | 1 / 1 |',
      '| all | 2 / 3 |',
      '',
      'Failed:',
      '',
      '- Node, cnk: two: its exit status is 3, not 0; stdout: "x"',
      '',
      'Skipped:',
      '',
      '- Newer: is a component (2 tests)',
      '',
      '<!-- generated: end -->',
      'after',
      '',
    ].join('\n'),
  );
  expect(renderDocument(written, 'the command', '0123456789abcdef', [...SCORES.slice(0, 1)])).toBe(written);
});

test('a column for each host', () => {
  const written = renderDocument('<!-- generated: begin --><!-- generated: end -->', 'c', undefined, SCORES);
  expect(written).toContain('`c`:\n');
  expect(written).toContain('| C | 1 / 2 | 1 / 2 |\n');
});

test('a document without markers is refused', () => {
  for (const document of ['', '<!-- generated: end --><!-- generated: begin -->'])
    expect(() => renderDocument(document, 'c', undefined, SCORES)).toThrow('the document has no lines');
});
