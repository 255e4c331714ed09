// Finds the tests in a checkout of WebAssembly/wasi-testsuite: every folder with modules is a suite. It changes nothing
// there; what a test is given are copies. See: doc/specification.md of the suite.

import { spawnSync } from 'node:child_process';
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename, join, relative, sep } from 'node:path';
import { parseSpecification, type Specification } from './specification.ts';

export interface Suite {
  /** As its manifest says, else its folder. */
  readonly title: string;
  /** Relative to the checkout; '' for the checkout itself. */
  readonly folder: string;
  readonly tests: readonly Test[];
}

export interface Test {
  readonly name: string;
  readonly folder: string;
  /** The module's path. */
  readonly module: string;
  readonly specification: Specification;
  /** It starts threads. */
  readonly needsThreads: boolean;
}

/** A file, directory or link of a directory that a test is given. Survives JSON. */
export interface TreeEntry {
  /** Relative to that directory; '' is the directory. */
  readonly path: string;
  readonly mode: number;
  /** Of a file: its bytes. */
  readonly content?: readonly number[];
  /** Of a link. */
  readonly target?: string;
}

const PREVIEW_1 = 'wasm32-wasip1';
/** The folder of tests of what is not in preview 1, and the one of them that is run. */
const PROPOSALS = 'proposals';
const THREADS = 'wasi-threads';
/** The fifth byte of a component; of a module it is 1. */
const COMPONENT = 0x0d;
const VERSION = /^wasm32-wasip\d+$/;
const APART = ['.git', 'node_modules'];
/** What tests leave behind in directories that were not copied. */
const LEFTOVER = '.cleanup';

/** @returns every suite beneath, in order; none when there are no modules */
export function readSuites(checkout: string): Suite[] {
  return foldersWithModules(checkout).map((folder) => readSuite(checkout, folder));
}

/** The commit of the checkout; undefined when it is none, or there is no git. */
export function revisionOf(checkout: string): string | undefined {
  const { status, stdout } = spawnSync('git', ['-C', checkout, 'rev-parse', 'HEAD'], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

/** Copies what is in a directory; parents come before what they hold. */
export function readTree(directory: string): TreeEntry[] {
  return [...walk(directory, '')];
}

function* walk(root: string, path: string): Generator<TreeEntry> {
  const at = join(root, path);
  const stat = lstatSync(at);
  const mode = stat.mode & 0o777;
  if (stat.isSymbolicLink()) yield { path, mode, target: readlinkSync(at) };
  else if (stat.isFile()) yield { path, mode, content: [...readFileSync(at)] };
  if (!stat.isDirectory()) return;
  yield { path, mode };
  for (const name of readdirSync(at).sort()) {
    if (!name.endsWith(LEFTOVER)) yield* walk(root, path === '' ? name : `${path}/${name}`);
  }
}

function foldersWithModules(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  const own = entries.some((entry) => entry.isFile() && entry.name.endsWith('.wasm')) ? [folder] : [];
  const beneath = entries.filter((entry) => entry.isDirectory() && !APART.includes(entry.name));
  return [...own, ...beneath.flatMap(({ name }) => foldersWithModules(join(folder, name)))];
}

function readSuite(checkout: string, path: string): Suite {
  const folder = relative(checkout, path);
  const { name = folder, version = basename(path) } = readManifest(path);
  const names = readdirSync(path)
    .filter((file) => file.endsWith('.wasm'))
    .map((file) => file.slice(0, -'.wasm'.length));
  return {
    title: name,
    folder,
    tests: names.sort().map((test) => readTest(path, folder, test, VERSION.test(version) ? version : PREVIEW_1)),
  };
}

function readManifest(folder: string): { readonly name?: string; readonly version?: string } {
  const file = join(folder, 'manifest.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
}

function readTest(path: string, folder: string, name: string, version: string): Test {
  const module = join(path, `${name}.wasm`);
  const needsThreads = proposalOf(folder) === THREADS;
  const test = { name, folder, module, needsThreads };
  if (version !== PREVIEW_1) {
    return { ...test, specification: { skip: `is written for ${version}, not for preview 1` } };
  }
  const file = join(path, `${name}.json`);
  const given = parseSpecification(existsSync(file) ? readFileSync(file, 'utf8') : undefined);
  const specification =
    'runs' in given ? (reasonToSkip(folder, module) ?? missingDirectory(path, given) ?? given) : given;
  if (!needsThreads || !('runs' in specification)) return { ...test, specification };
  // "assumption: read from FD 0 blocks", say those that read there.
  return { ...test, specification: { runs: specification.runs.map((run) => ({ ...run, keepsStdinOpen: true })) } };
}

/** The proposal that a folder's tests belong to. */
function proposalOf(folder: string): string | undefined {
  const names = folder.split(sep);
  return names.includes(PROPOSALS) ? names[names.indexOf(PROPOSALS) + 1] : undefined;
}

function reasonToSkip(folder: string, module: string): Specification | undefined {
  const proposal = proposalOf(folder);
  if (proposal !== undefined && proposal !== THREADS) return { skip: `belongs to the proposal ${proposal}` };
  return readFileSync(module)[4] === COMPONENT ? { skip: 'is a component' } : undefined;
}

function missingDirectory(
  path: string,
  { runs }: Extract<Specification, { runs: unknown }>,
): Specification | undefined {
  const missing = runs.flatMap(({ directories }) => directories).find((each) => !existsSync(join(path, each.path)));
  return missing && { invalid: `its directory ${missing.path} is missing` };
}
