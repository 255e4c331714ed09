// The JSON file that a test of wasi-testsuite may have beside it: what to run it with and what to expect. Both forms that
// the suite has had: the older one of single keys, which becomes operations, and operations. Pure; suite.ts reads the files.
// See: doc/specification.md of the suite.

/** One start of the program. */
export interface RunSpecification {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Directories beside the test that the program finds open. */
  readonly directories: readonly { readonly path: string; readonly name: string }[];
  /** All that it can read from descriptor 0. */
  readonly stdin: string;
  /** Who reads on there waits for ever; else that is its end. */
  readonly keepsStdinOpen: boolean;
  readonly exitCode: number;
  /** What it must begin to write with, as the suite's own runner compares it. */
  readonly stdout: string;
  readonly stderr: string;
}

/** What to do with a test: run it, or say why not. */
export type Specification =
  | { readonly runs: readonly RunSpecification[] }
  | { readonly skip: string }
  | { readonly invalid: string };

type Json = Readonly<Record<string, unknown>>;
type Mutable<T> = { -readonly [key in keyof T]: T[key] };

const OLDER_KEYS = ['args', 'dirs', 'root', 'env', 'exit_code', 'stderr', 'stdout'];
const KEYS = ['operations', 'proposals', 'world', 'servers'];
const COMMAND = 'wasi:cli/command';
const RUN_DEFAULTS: RunSpecification = {
  args: [],
  env: {},
  directories: [],
  stdin: '',
  keepsStdinOpen: false,
  exitCode: 0,
  stdout: '',
  stderr: '',
};

class Invalid extends Error {}

/** @param text the file's, or undefined when there is none: then the program is run and must end with status 0 */
export function parseSpecification(text: string | undefined): Specification {
  try {
    const json = text === undefined ? {} : object(JSON.parse(text), 'it');
    const known = 'operations' in json || 'proposals' in json ? KEYS : OLDER_KEYS;
    const unknown = Object.keys(json).find((key) => !known.includes(key));
    if (unknown !== undefined) throw new Invalid(`it has an unknown key ${unknown}`);
    return known === OLDER_KEYS ? { runs: [olderRun(json)] } : parseOperations(json);
  } catch (error) {
    if (error instanceof Invalid || error instanceof SyntaxError) return { invalid: error.message };
    throw error;
  }
}

function olderRun(json: Json): RunSpecification {
  return {
    ...startOf(json),
    exitCode: integer(json['exit_code'] ?? 0, 'exit_code'),
    stdout: string(json['stdout'] ?? '', 'stdout'),
    stderr: string(json['stderr'] ?? '', 'stderr'),
  };
}

function parseOperations(json: Json): Specification {
  const [proposal] = strings(json['proposals'] ?? [], 'proposals');
  if (proposal !== undefined) return { skip: `needs the proposal ${proposal}` };
  if (json['servers'] !== undefined) return { skip: 'needs servers to connect to' };
  const world = string(json['world'] ?? COMMAND, 'world');
  if (world !== COMMAND) return { skip: `is written for the world ${world}` };
  const operations = array(json['operations'] ?? [{ type: 'run' }, { type: 'wait' }], 'operations');
  const runs: RunSpecification[] = [];
  let run: Mutable<RunSpecification> | undefined;
  for (const each of operations) {
    const operation = object(each, 'an operation');
    const type = string(operation['type'], 'type');
    if (type === 'run') {
      if (run !== undefined) throw new Invalid('an operation run has no wait');
      run = startOf(operation);
      continue;
    }
    if (run === undefined) throw new Invalid(`an operation ${type} comes before run`);
    if (type === 'wait') {
      runs.push({ ...run, exitCode: integer(operation['exit_code'] ?? 0, 'exit_code') });
      run = undefined;
    } else if (type === 'read' || type === 'write') transfer(run, type, operation);
    else return { skip: `needs the operation ${type}` };
  }
  if (run !== undefined) throw new Invalid('an operation run has no wait');
  return { runs };
}

function transfer(run: Mutable<RunSpecification>, type: 'read' | 'write', operation: Json): void {
  const payload = string(operation['payload'] ?? '', 'payload');
  const id = string(operation['id'] ?? (type === 'read' ? 'stdout' : 'stdin'), 'id');
  if (type === 'write' && id === 'stdin') run.stdin += payload;
  else if (type === 'read' && (id === 'stdout' || id === 'stderr')) run[id] += payload;
  else throw new Invalid(`an operation ${type} is of ${id}`);
}

function startOf(json: Json): RunSpecification {
  const dirs = strings(json['dirs'] ?? [], 'dirs').map((path) => ({ path, name: path }));
  const root = json['root'] ?? undefined;
  return {
    ...RUN_DEFAULTS,
    args: strings(json['args'] ?? [], 'args'),
    env: Object.fromEntries(
      Object.entries(object(json['env'] ?? {}, 'env')).map(([key, value]) => [key, string(value, `env.${key}`)]),
    ),
    directories: root === undefined ? dirs : [...dirs, { path: string(root, 'root'), name: '/' }],
  };
}

function object(value: unknown, what: string): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Invalid(`${what} is no object`);
  return value as Json;
}

function array(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new Invalid(`${what} is no list`);
  return value;
}

function strings(value: unknown, what: string): readonly string[] {
  return array(value, what).map((each) => string(each, what));
}

function string(value: unknown, what: string): string {
  if (typeof value !== 'string') throw new Invalid(`${what} is no text`);
  return value;
}

function integer(value: unknown, what: string): number {
  if (!Number.isInteger(value)) throw new Invalid(`${what} is no whole number`);
  return value as number;
}
