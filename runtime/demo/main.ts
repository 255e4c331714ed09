// Entry of `npm start`, bundled to dist/demo.js: compiles the kernels of the catalog, runs each on an application core under
// three placements, prints the table, then what calls cost. Names on the command line choose kernels; the table of call
// costs is then left out. Tables go to stdout, progress to stderr. Status 0: every check passed under every placement.

import { availableParallelism } from 'node:os';
import { GUEST_APPS, type GuestApp } from '../../guest-apps/catalog.ts';
import { boot, FusedError } from '../index.ts';
import { lackOf } from '../toolchain/linux-sysroot.ts';
import { type CompiledApp, compileApps, sysrootDirectory } from './compile.ts';
import { appTitle } from './names.ts';
import { Progress } from './progress.ts';
import { renderFiles, renderMessages, renderResults } from './results.ts';
import { type AppResult, failuresOf, PLACEMENTS_SHOWN, runApp } from './run-app.ts';
import { inputMount, outputMount, stageFiles } from './staging.ts';

/** What the user can mend, and failures that were already told: one line, no stack. */
class DemoError extends Error {}

async function main(names: readonly string[]): Promise<number> {
  const progress = new Progress(process.stderr);
  const chosen = chooseApps(names).filter((app) => canCompile(app, progress));
  stageFiles(chosen);
  const compiled = await compileApps(chosen, progress);
  const results = await runAll(compiled, progress);
  const tables = [renderResults(results), renderMessages(results), renderFiles(results)];
  for (const text of tables) if (text !== '') console.log(`\n${text}`);
  const failures = results.flatMap(failuresOf);
  for (const failure of failures) console.error(`fusedos demo: ${failure}`);
  const costs = names.length === 0 ? await measureCosts() : 0;
  if (failures.length > 0) return 1;
  console.log(`\nAll ${results.length} kernels passed their checks under ${PLACEMENTS_SHOWN.join(', ')}.`);
  return costs;
}

/** Errors: DemoError for a name that no kernel has. */
function chooseApps(names: readonly string[]): readonly GuestApp[] {
  const kernels = GUEST_APPS.filter(({ kernel }) => kernel);
  const titles = kernels.map(appTitle);
  const unknown = names.find((name) => !titles.includes(name));
  if (unknown !== undefined) throw new DemoError(`there is no kernel ${unknown}; there are ${titles.join(' ')}`);
  return kernels.filter((app) => (names.length === 0 ? !app.onlyNamed : names.includes(appTitle(app))));
}

/** Some apps are left out without a sysroot, and said to be. */
function canCompile(app: GuestApp, progress: Progress): boolean {
  const lack = lackOf(sysrootDirectory, app);
  if (lack !== undefined) progress.note(`${appTitle(app)} skipped, because ${lack}`);
  return lack === undefined;
}

async function runAll(compiled: readonly CompiledApp[], progress: Progress): Promise<AppResult[]> {
  await using machine = await boot({ mounts: { '/in': inputMount, '/out': outputMount } });
  const processors = availableParallelism();
  progress.note(
    `booted on ${processors} processor${processors === 1 ? '' : 's'}: Linux on a system core, ` +
      `CNK on ${machine.freeCores} application core${machine.freeCores === 1 ? '' : 's'}`,
  );
  const results: AppResult[] = [];
  for (const [index, app] of compiled.entries()) results.push(await runApp(machine, app, index, progress));
  return results;
}

/** Loaded only now: it is a benchmark of its own. @returns its exit status */
async function measureCosts(): Promise<number> {
  console.log('\nWhat calls cost (fusedos bench syscalls --quick)\n');
  const { runBench } = await import('../bench/index.ts');
  return runBench(['--quick']);
}

async function start(): Promise<void> {
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    process.exitCode = 1;
    const isKnown = error instanceof DemoError || error instanceof FusedError || isCoded(error);
    console.error('fusedos demo:', isKnown ? error.message : error);
  }
}

/** Errors of the host (no such file, no room) and of the compilers say what is wrong by themselves. */
function isCoded(error: unknown): error is Error {
  return error instanceof Error && 'code' in error;
}

void start();
