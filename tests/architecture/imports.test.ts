// The layers of design D-layout, held by reading every import statement: which folder may import which, no cycles between
// files, and `node:` modules only where the host is meant to be.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');

/** What each part may import, besides itself. A part is the longest prefix of a file's path that stands here. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  'runtime/abi': [],
  'runtime/memory': ['runtime/abi'],
  'runtime/shm': ['runtime/abi', 'runtime/memory', 'runtime/channel/service.ts'],
  'runtime/channel': ['runtime/abi', 'runtime/memory', 'runtime/channel/service.ts', 'runtime/shm'],
  'runtime/trace': ['runtime/abi', 'runtime/memory'],
  'runtime/host': ['runtime/abi'],
  // Directories of the host's disk and of a page's OPFS, and the protocol by which whoever has a directory serves it.
  'runtime/files': ['runtime/abi', 'runtime/host', 'runtime/shm'],
  'runtime/files/opfs': ['runtime/abi', 'runtime/host', 'runtime/files', 'runtime/shm'],
  'runtime/core': ['runtime/abi', 'runtime/memory', 'runtime/channel', 'runtime/shm', 'runtime/trace'],
  'runtime/toolchain': [],
  // What a machine says to its compile worker, and the worker: the port is the same as all others'.
  'runtime/toolchain/sources/messages.ts': [],
  'runtime/toolchain/sources': ['runtime/toolchain', 'runtime/toolchain/sources/messages.ts', 'runtime/host'],
  'personalities/cnk': ['runtime/abi', 'runtime/memory'],
  // `channel/service` is the contract by which it is served; `files` has the protocol of directories that are served.
  'personalities/linux': [
    'runtime/abi',
    'runtime/memory',
    'runtime/channel/service.ts',
    'runtime/host',
    'runtime/files',
  ],
  'runtime/channel/service.ts': ['runtime/abi', 'runtime/memory'],
  'runtime/machine': [
    'runtime/abi',
    'runtime/memory',
    'runtime/shm',
    'runtime/channel',
    'runtime/channel/service.ts',
    'runtime/core',
    'runtime/host',
    'runtime/files',
    'runtime/files/opfs',
    'runtime/trace',
    'runtime/toolchain/sources/messages.ts',
    'personalities/cnk',
    'personalities/linux',
  ],
  'runtime/cli': [
    'runtime/machine',
    'runtime/core',
    'runtime/channel',
    'runtime/abi',
    'runtime/toolchain',
    'runtime/bench',
    'runtime/host',
    'runtime/index.ts',
    'guest-apps',
  ],
  'runtime/demo': [
    'runtime/machine',
    'runtime/core',
    'runtime/toolchain',
    'runtime/bench',
    'runtime/index.ts',
    'guest-apps',
  ],
  'runtime/bench': [
    'runtime/abi',
    'runtime/machine',
    'runtime/core',
    'runtime/channel',
    'runtime/host',
    'runtime/index.ts',
  ],
  'runtime/index.ts': [
    'runtime/abi',
    'runtime/memory',
    'runtime/channel',
    'runtime/core',
    'runtime/machine',
    'runtime/toolchain/sources/messages.ts',
  ],
  'guest-apps': [],
};

/** Where Node's modules may be imported by name. */
const NODE_PARTS = ['runtime/toolchain', 'runtime/toolchain/sources', 'runtime/cli', 'runtime/demo', 'runtime/bench'];

const files = ['runtime', 'personalities', 'guest-apps']
  .flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
  )
  .filter((file) => file.endsWith('.ts') && !file.startsWith('guest-apps/assembly'));

interface Import {
  readonly from: string;
  readonly to: string;
  /** Erased by the compiler: no cycle at run time. */
  readonly isType: boolean;
  /** Loaded when it is asked for. */
  readonly isDynamic: boolean;
}

const IMPORT = /(?:^|\n)\s*(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'|\bimport\('([^']+)'\)/g;

const imports: Import[] = files.flatMap((from) =>
  [...readFileSync(join(ROOT, from), 'utf8').matchAll(IMPORT)].map((match) => {
    const specifier = match[2] ?? match[3] ?? '';
    const to = specifier.startsWith('.') ? relative(ROOT, resolve(ROOT, dirname(from), specifier)) : specifier;
    return { from, to, isType: match[1] !== undefined, isDynamic: match[3] !== undefined };
  }),
);

function partOf(file: string): string {
  const parts = Object.keys(ALLOWED).filter((part) => file === part || file.startsWith(`${part}/`));
  return parts.reduce((longest, part) => (part.length > longest.length ? part : longest), '');
}

it('reads imports', () => {
  expect(files.length).toBeGreaterThan(50);
  expect(imports.length).toBeGreaterThan(files.length);
});

it('lets each part import only what its layer may', () => {
  const wrong = imports
    .filter(({ to }) => to.startsWith('runtime/') || to.startsWith('personalities/') || to.startsWith('guest-apps/'))
    .filter(({ from, to }) => partOf(from) !== partOf(to) && !ALLOWED[partOf(from)]?.includes(partOf(to)))
    .map(({ from, to }) => `${from} → ${to}`);
  expect(wrong).toEqual([]);
});

it('keeps node: modules behind the host port', () => {
  const wrong = imports
    .filter(({ to, isType }) => to.startsWith('node:') && !isType)
    .filter(({ from }) => !NODE_PARTS.includes(partOf(from)) && !isTypeQuery(from))
    .map(({ from, to }) => `${from} → ${to}`);
  expect(wrong).toEqual([]);
});

/** `typeof import('node:fs')` is a type. */
function isTypeQuery(file: string): boolean {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const imported = [...text.matchAll(/.*import\('node:[^']+'\).*|.*from 'node:[^']+'.*/g)].map(([line]) => line);
  return (
    ['runtime/host', 'runtime/files', 'runtime/files/opfs'].includes(partOf(file)) &&
    imported.every((line) => /typeof import\('node:|: import\('node:|as .*import\('node:/.test(line))
  );
}

// 250 kB, which each of these would read, parse and keep.
it.each(['runtime/machine/cores/worker.ts', 'runtime/machine/machine.ts', 'runtime/cli/run.ts'])(
  'loads no kernel of Linux with %s',
  (entry) => {
    const loaded = new Set([entry]);
    for (const file of loaded) {
      const now = imports.filter(({ from, isType, isDynamic }) => from === file && !isType && !isDynamic);
      for (const { to } of now) loaded.add(to);
    }
    expect(loaded.size).toBeGreaterThan(20);
    expect(loaded).not.toContain('personalities/linux/linux.ts');
  },
);

it('has no cycles between files', () => {
  const next = new Map<string, string[]>();
  for (const { from, to, isType } of imports)
    if (!isType && to.endsWith('.ts')) next.set(from, [...(next.get(from) ?? []), to]);
  const state = new Map<string, 'open' | 'done'>();
  const cycles: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    if (state.get(file) === 'done') return;
    if (state.get(file) === 'open') {
      cycles.push([...path.slice(path.indexOf(file)), file].join(' → '));
      return;
    }
    state.set(file, 'open');
    for (const target of next.get(file) ?? []) visit(target, [...path, file]);
    state.set(file, 'done');
  };
  for (const file of files) visit(file, []);
  expect(cycles).toEqual([]);
});
