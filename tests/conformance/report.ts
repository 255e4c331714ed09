// What the runner tells: a line a test, a summary, JSON, and the generated part of docs/conformance.md. Pure.

export type Outcome = 'passed' | 'failed' | 'skipped';

export interface TestResult {
  /** The title of the suite. */
  readonly suite: string;
  readonly name: string;
  readonly outcome: Outcome;
  /** Why it failed or was skipped. */
  readonly reason?: string;
}

/** The results of all tests on one host. */
export interface Score {
  readonly host: string;
  readonly results: readonly TestResult[];
}

const BEGIN = '<!-- generated: begin -->';
const END = '<!-- generated: end -->';

/** The lines between which a suite's score stands; the first suite's have no name. */
function markersOf(section: string): readonly [begin: string, end: string] {
  return section === '' ? [BEGIN, END] : [`<!-- generated: begin ${section} -->`, `<!-- generated: end ${section} -->`];
}

export function renderLine(host: string, { suite, name, outcome, reason }: TestResult): string {
  return `${outcome.padEnd(7)}  ${host}  ${suite}  ${name}${reason === undefined ? '' : `: ${reason}`}`;
}

/** `Node, cnk: 72 passed, 0 failed, 40 skipped` */
export function renderSummary({ host, results }: Score): string {
  const { passed, failed, skipped } = count(results);
  return `${host}: ${passed} passed, ${failed} failed, ${skipped} skipped`;
}

export function count(results: readonly TestResult[]): { readonly [outcome in Outcome]: number } {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { outcome } of results) counts[outcome]++;
  return counts;
}

/**
 * Puts the scores between the markers of a document.
 *
 * @param command what makes them
 * @param revision of the suite
 * @param section which markers
 *
 * Errors: Error: the document has no markers.
 */
export function renderDocument(
  document: string,
  command: string,
  revision: string | undefined,
  scores: readonly Score[],
  section = '',
): string {
  const [first, last] = markersOf(section);
  const [begin, end] = [document.indexOf(first), document.indexOf(last)];
  if (begin < 0 || end < begin) throw new Error(`the document has no lines ${first} and ${last}`);
  const parts = [
    `\`${command}\`${revision === undefined ? '' : `, revision \`${revision.slice(0, 12)}\` of the suite`}:`,
    renderTable(scores),
    ...renderList('Failed', scores, 'failed'),
    ...renderList('Skipped', scores, 'skipped'),
  ];
  return `${document.slice(0, begin + first.length)}\n\n${parts.join('\n\n')}\n\n${document.slice(end)}`;
}

/** A row a suite, a column a host: `passed / run`. A suite of which nothing was run has no row. */
function renderTable(scores: readonly Score[]): string {
  const suites = [...new Set(scores.flatMap(({ results }) => results.filter(isRun).map(({ suite }) => suite)))];
  const rows = suites.map((suite) => [suite, ...scores.map((score) => cell(score, suite))]);
  const total = ['all', ...scores.map((score) => cell(score, undefined))];
  const head = ['suite', ...scores.map(({ host }) => host)];
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : '--:'))), ...rows.map(line), line(total)].join('\n');
}

function cell({ results }: Score, suite: string | undefined): string {
  const { passed, failed } = count(results.filter((result) => suite === undefined || result.suite === suite));
  return `${passed} / ${passed + failed}`;
}

function isRun({ outcome }: TestResult): boolean {
  return outcome !== 'skipped';
}

/** Each reason with the tests that it holds for, once for all hosts. */
function renderList(title: string, scores: readonly Score[], outcome: Outcome): string[] {
  const byReason = new Map<string, Set<string>>();
  for (const { host, results } of scores) {
    for (const { suite, name, reason = '', outcome: its } of results) {
      if (its !== outcome) continue;
      const [line = ''] = reason.split('\n');
      const key = outcome === 'failed' ? `${host}: ${name}: ${line}` : `${suite}: ${line}`;
      byReason.set(key, (byReason.get(key) ?? new Set()).add(name));
    }
  }
  if (byReason.size === 0) return [];
  const lines = [...byReason].map(([key, names]) =>
    outcome === 'failed' ? `- ${key}` : `- ${key} (${names.size} ${names.size === 1 ? 'test' : 'tests'})`,
  );
  return [`${title}:`, lines.join('\n')];
}
