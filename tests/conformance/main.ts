// Runs a conformance suite that the user has. See `usage`.

import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../support/built.ts';
import { type CompiledTest, ProgramCompiler, scorePrograms } from './compiled.ts';
import type { Placement } from './execute.ts';
import { browserHost, chromium, type Host, nodeHost } from './hosts.ts';
import { LIBC_FAILURES, readLibcTest } from './libc-test.ts';
import { OPENMP_FAILURES, readOpenmpVv } from './openmp-vv.ts';
import { count, renderDocument, renderLine, renderSummary, type Score, type TestResult } from './report.ts';
import { readSuites, revisionOf, type Suite, type Test } from './suite.ts';
import { readWali, WALI_FAILURES } from './wali.ts';

const PLACEMENTS: readonly Placement[] = ['cnk', 'fused', 'linux', 'library'];
const DEFAULT_PLACEMENTS: readonly Placement[] = ['cnk', 'linux', 'library'];
const DOCUMENT = 'docs/conformance.md';

const usage = `npm run conformance -- SUITE DIR [option…]

SUITE and DIR, a checkout:
  wasi-testsuite  WebAssembly/wasi-testsuite with compiled tests: its branch prod/testsuite-all
  wali            arjunr2/WALI: its unit programs, and the programs that it has compiled
  libc-test       Boeing/libc-test: functional, regression, math
  openmp-vv       OpenMP-Validation-and-Verification/OpenMP_VV: its C programs of OpenMP 4.5 to 5.1

  --placement NAME   ${PLACEMENTS.join(', ')}; may be repeated; default ${DEFAULT_PLACEMENTS.join(', ')}
  --browser          in headless Chromium too (wasi-testsuite)
  --host-dirs        mounts copies of tests' directories from the host's disk, instead of copying them into the machine (wasi-testsuite)
  --cc COMMAND       compiles the suites that are sources, for Linux's target; default: fusedos cc
  --native COMMAND   compiles for the host: what fails there is skipped (openmp-vv)
  --filter GLOB      only tests whose name, or FOLDER/NAME, matches; * stands for anything
  --repeat COUNT     each test so often, to find what fails once in a while
  --verbose          a line for each test, not only for those that failed
  --json             the results as JSON, and nothing else, on stdout
  --write            puts the score into ${DOCUMENT}

Exit status: 0, 1 when a test failed, 2 when nothing could be run.`;

const SUITES = ['wasi-testsuite', 'wali', 'libc-test', 'openmp-vv'] as const;
type SuiteName = (typeof SUITES)[number];

/** Suites that are sources: where their tests are, and which are known to fail. */
const SOURCES: Readonly<Partial<Record<SuiteName, SourceSuite>>> = {
  wali: { read: readWali, failures: WALI_FAILURES },
  'libc-test': { read: readLibcTest, failures: LIBC_FAILURES },
  'openmp-vv': { read: readOpenmpVv, failures: OPENMP_FAILURES },
};
interface SourceSuite {
  readonly read: (checkout: string) => CompiledTest[];
  readonly failures: Readonly<Record<string, string>>;
}

interface Options {
  readonly suite: SuiteName;
  readonly cc: string | undefined;
  readonly native: string | undefined;
  readonly checkout: string;
  readonly placements: readonly Placement[];
  readonly usesBrowser: boolean;
  readonly mountsHost: boolean;
  readonly filter: RegExp;
  readonly repeat: number;
  readonly isVerbose: boolean;
  readonly isJson: boolean;
  readonly writes: boolean;
}

class UsageError extends Error {}

try {
  process.exitCode = await main(parseOptions(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}

function parseOptions(args: readonly string[]): Options {
  const { values, positionals } = parse(args);
  const [name, directory, ...rest] = positionals;
  const suite = SUITES.find((each) => each === name);
  if (suite === undefined || directory === undefined || rest.length > 0) throw new UsageError(usage);
  if (suite !== 'wasi-testsuite' && (values.browser || values['host-dirs'])) {
    throw new UsageError('--browser and --host-dirs are for wasi-testsuite');
  }
  const checkout = resolve(directory);
  if (statSync(checkout, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new UsageError(`there is no directory ${directory}`);
  }
  const wanted = values.placement ?? (suite === 'wasi-testsuite' ? DEFAULT_PLACEMENTS : ['cnk']);
  const placements = PLACEMENTS.filter((placement) => wanted.includes(placement));
  const unknown = wanted.find((each) => !PLACEMENTS.some((placement) => placement === each));
  if (unknown !== undefined) throw new UsageError(`there is no placement ${unknown}: ${PLACEMENTS.join(', ')}`);
  if (values.write && (values.filter ?? values.repeat) !== undefined) {
    throw new UsageError('--write is for the whole suite, once: no --filter, no --repeat');
  }
  const repeat = Number(values.repeat ?? 1);
  if (!Number.isSafeInteger(repeat) || repeat < 1) throw new UsageError(`--repeat: ${values.repeat} is no count`);
  return {
    suite,
    cc: values.cc,
    native: values.native,
    checkout,
    placements,
    usesBrowser: values.browser,
    mountsHost: values['host-dirs'],
    filter: globPattern(values.filter ?? '*'),
    repeat,
    isVerbose: values.verbose,
    isJson: values.json,
    writes: values.write,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        placement: { type: 'string', multiple: true },
        browser: { type: 'boolean', default: false },
        'host-dirs': { type: 'boolean', default: false },
        filter: { type: 'string' },
        repeat: { type: 'string' },
        cc: { type: 'string' },
        native: { type: 'string' },
        verbose: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        write: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw error instanceof TypeError ? new UsageError(`${error.message}\n\n${usage}`) : error;
  }
}

function globPattern(glob: string): RegExp {
  const escaped = glob.replace(/[\\^$.|+()[\]{}]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`);
}

async function main(options: Options): Promise<number> {
  const source = SOURCES[options.suite];
  const scores = source === undefined ? await wasiScores(options) : await sourceScores(source, options);
  if (options.isJson) console.log(JSON.stringify({ revision: revisionOf(options.checkout), scores }, undefined, 2));
  else for (const score of scores) console.log(renderSummary(score));
  if (options.writes) writeDocument(options, scores);
  return scores.some(({ results }) => count(results).failed > 0) ? 1 : 0;
}

async function wasiScores(options: Options): Promise<Score[]> {
  const suites = selected(options);
  if (suites.length === 0) throw new UsageError('no compiled test (FILE.wasm) is there, or none that matches');
  return scoresOf(suites, options);
}

async function sourceScores({ read, failures }: SourceSuite, options: Options): Promise<Score[]> {
  const { checkout, filter, repeat, placements, cc, native, isVerbose, isJson } = options;
  const tests = read(checkout)
    .filter(({ name }) => filter.test(name))
    .map((test) => ({ ...test, runs: repeated(test.runs, repeat) }));
  if (tests.length === 0) throw new UsageError(`no test of ${options.suite} is there, or none that matches`);
  const compiler = new ProgramCompiler(cc);
  const scores: Score[] = [];
  for (const placement of placements) {
    const tell = (host: string, result: TestResult): void => {
      if (!isJson && (isVerbose || result.outcome === 'failed')) console.log(renderLine(host, result));
    };
    scores.push(await scorePrograms(tests, compiler, native, placement, failures, tell));
  }
  return scores;
}

function selected({ checkout, filter, repeat }: Options): Suite[] {
  const matches = ({ folder, name }: Test): boolean => filter.test(name) || filter.test(`${folder}/${name}`);
  return readSuites(checkout)
    .map((suite) => ({ ...suite, tests: suite.tests.filter(matches).map((test) => repeatTest(test, repeat)) }))
    .filter(({ tests }) => tests.length > 0);
}

function repeatTest(test: Test, count: number): Test {
  const { specification } = test;
  return 'runs' in specification ? { ...test, specification: { runs: repeated(specification.runs, count) } } : test;
}

function repeated<T>(runs: readonly T[], count: number): T[] {
  return Array.from({ length: count }, () => runs).flat();
}

async function scoresOf(suites: readonly Suite[], options: Options): Promise<Score[]> {
  const scores: Score[] = [];
  for (const placement of options.placements) {
    scores.push(await scoreOf(await nodeHost(placement, options.mountsHost), suites, options));
  }
  if (!options.usesBrowser) return scores;
  const found = await chromium();
  if ('missing' in found) throw new UsageError(`--browser: ${found.missing}`);
  try {
    for (const placement of options.placements) {
      scores.push(await scoreOf(await browserHost(found.browser, placement), suites, options));
    }
  } finally {
    await found.browser.close();
  }
  return scores;
}

async function scoreOf(host: Host, suites: readonly Suite[], { isVerbose, isJson }: Options): Promise<Score> {
  const results: TestResult[] = [];
  try {
    for (const { title, tests } of suites) {
      for (const test of tests) {
        const result = { suite: title, name: test.name, ...(await resultOf(host, test)) };
        results.push(result);
        if (!isJson && (isVerbose || result.outcome === 'failed')) console.log(renderLine(host.title, result));
      }
    }
  } finally {
    await host.close();
  }
  return { host: host.title, results };
}

async function resultOf(host: Host, test: Test): Promise<Pick<TestResult, 'outcome' | 'reason'>> {
  const { specification } = test;
  if ('skip' in specification) return { outcome: 'skipped', reason: specification.skip };
  if ('invalid' in specification) {
    return { outcome: 'failed', reason: `its specification cannot be used: ${specification.invalid}` };
  }
  const skip = host.skips(test);
  if (skip !== undefined) return { outcome: 'skipped', reason: skip };
  const reason = await host.run(test);
  return reason === undefined ? { outcome: 'passed' } : { outcome: 'failed', reason };
}

function writeDocument(
  { suite, checkout, placements, usesBrowser, mountsHost, native }: Options,
  scores: readonly Score[],
): void {
  const command = [
    `npm run conformance -- ${suite} DIR`,
    ...placements.map((placement) => `--placement ${placement}`),
    ...(usesBrowser ? ['--browser'] : []),
    ...(mountsHost ? ['--host-dirs'] : []),
    ...(native === undefined ? [] : [`--native '${native}'`]),
    '--write',
  ].join(' ');
  const file = join(root, DOCUMENT);
  writeFileSync(
    file,
    renderDocument(
      readFileSync(file, 'utf8'),
      command,
      revisionOf(checkout),
      scores,
      suite === 'wasi-testsuite' ? '' : suite,
    ),
  );
}
