// The layers of design D-layout, held by reading every import statement: which folder may import which, no cycles between
// files, and `node:` modules only where the host is meant to be.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');

/** What programs on top of a machine see of it beyond its composition. */
const MACHINE_FACE = ['backing.ts', 'errors.ts', 'messages.ts', 'options.ts', 'program.ts']
  .concat([
    'compile',
    'fs',
    'here',
    'host-functions',
    'job',
    'linux',
    'mounts',
    'process',
    'resident',
    'unshared',
    'values',
  ])
  .map((name) => `runtime/machine/${name}`);

/** What each part may import, besides itself. A part is the longest prefix of a file's path that stands here. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  'runtime/abi': [],
  'runtime/memory': ['runtime/abi'],
  'runtime/shm': ['runtime/abi', 'runtime/memory', 'runtime/channel/service.ts'],
  'runtime/channel': ['runtime/abi', 'runtime/memory', 'runtime/channel/service.ts', 'runtime/shm'],
  'runtime/process': ['runtime/abi', 'runtime/channel', 'runtime/shm'],
  'runtime/trace': ['runtime/abi', 'runtime/memory'],
  'runtime/host': ['runtime/abi'],
  // Directories of the host's disk and of a page's OPFS, and the protocol by which whoever has a directory serves it.
  'runtime/files': ['runtime/abi', 'runtime/host', 'runtime/shm'],
  'runtime/files/opfs': ['runtime/abi', 'runtime/host', 'runtime/files', 'runtime/shm'],
  'runtime/core': [
    'runtime/abi',
    'runtime/memory',
    'runtime/channel',
    'runtime/process',
    'runtime/shm',
    'runtime/trace',
  ],
  'runtime/toolchain': [],
  // Loads the compiler for command lines of other processes; its clients load none.
  'runtime/toolchain/daemon': ['runtime/toolchain'],
  // What a machine says to its compile worker, and the worker: the port is the same as all others'.
  'runtime/toolchain/sources/messages.ts': [],
  'runtime/toolchain/sources': ['runtime/toolchain', 'runtime/toolchain/sources/messages.ts', 'runtime/host'],
  'personalities/cnk': ['runtime/abi', 'runtime/memory', 'runtime/shm'],
  'personalities/messaging': ['runtime/abi', 'runtime/memory', 'runtime/shm'],
  // `vfs` is the seam: calls stand above it, file systems below it, which do not know one another; but an overlay keeps its
  // changes as the file system in memory does, and trees in memory are what Volumes and images are copied from and to.
  // `channel/service` is the contract by which Linux is served; `files` has the protocol of directories that are served.
  ...folders('personalities/linux', {
    '': 'runtime/{abi,memory} runtime/channel/service.ts ./options.ts ./{abi,embedder,image,kernel,syscalls,vfs} ./fs/{dev,memory,overlay,proc,remote,volume} ./kernel/{block,clock,error}.ts',
    'options.ts': 'runtime/abi ./{kernel,vfs} ./kernel/clock.ts',
    abi: 'runtime/{abi,memory} ./{kernel,syscalls,vfs}',
    embedder: 'runtime/abi ./options.ts ./{kernel,syscalls,vfs} ./kernel/{block,error}.ts',
    image: 'runtime/{abi,memory} ./{embedder,kernel,syscalls,vfs} ./fs/memory ./kernel/{block,error}.ts',
    syscalls: 'runtime/{abi,memory} ./{kernel,vfs}',
    kernel: 'runtime/{abi,memory,host,files} runtime/channel/service.ts ./vfs ./kernel/{block,clock,wait}.ts',
    // Of the kernel, what waits and the clock are for whoever needs them.
    'kernel/wait.ts': '',
    'kernel/clock.ts': '',
    'kernel/error.ts': 'runtime/abi',
    'kernel/block.ts': 'runtime/abi ./vfs ./kernel/wait.ts',
    vfs: 'runtime/{abi,memory} ./kernel/{clock,wait}.ts',
    'fs/dev': 'runtime/abi ./vfs ./kernel/clock.ts',
    'fs/memory': 'runtime/{abi,memory} ./vfs ./kernel/clock.ts',
    'fs/overlay': 'runtime/abi ./vfs ./fs/memory ./kernel/{block,clock,wait}.ts',
    'fs/proc': 'runtime/abi ./options.ts ./{kernel,vfs} ./kernel/clock.ts',
    'fs/remote': 'runtime/{abi,files} ./vfs',
    'fs/volume': 'runtime/{abi,host,files} ./vfs ./fs/memory',
  }),
  'runtime/channel/service.ts': ['runtime/abi', 'runtime/memory'],
  ...folders('runtime/machine', {
    // What composes a machine, and the public API's ways to one.
    '': 'runtime/{abi,memory,channel,core,host,process} personalities/linux ./{backing,errors,lifecycle,memory,messages,options,program}.ts ./{compile,cores,fs,here,host-functions,job,linux,mounts,process,resident,shared,unshared,values}',
    'backing.ts':
      'runtime/{abi,memory,channel,core,process} ./{errors,lifecycle,messages,options,program}.ts ./{cores,fs,here,host-functions,mounts,process,resident}',
    'errors.ts': '',
    'lifecycle.ts': './errors.ts',
    'memory.ts': 'runtime/memory ./{errors,program}.ts ./{cores,values}',
    // What threads say to each other: types alone, of those who say it.
    'messages.ts':
      'runtime/{abi,memory,core,host,files} personalities/{linux,messaging} ./{host-functions,mounts,process,resident,unshared,values}',
    'options.ts':
      'runtime/{abi,memory,channel,core,host} personalities/linux ./messages.ts ./{compile,host-functions,linux,mounts,process,values}',
    'program.ts': 'runtime/{abi,memory,core,host} ./values',
    values: 'runtime/memory',
    compile: 'runtime/host runtime/toolchain/sources/messages.ts ./{errors,program}.ts ./values',
    fs: 'runtime/memory personalities/linux ./errors.ts ./{linux,mounts,values}',
    mounts:
      'runtime/{shm,channel,host,files} runtime/files/opfs personalities/linux ./{errors,messages}.ts ./{cores,fs,values}',
    resident: 'runtime/memory ./{errors,messages,options,program}.ts ./{process,values}',
    'host-functions': 'runtime/{abi,memory,channel,core} ./{errors,messages,program}.ts ./{resident,values}',
    process:
      'runtime/{abi,memory,shm,channel,core,process} personalities/linux ./{errors,messages,options,program}.ts ./{cores,fs,host-functions,resident,values}',
    cores:
      'runtime/{abi,memory,shm,channel,core,trace,host,files,process} personalities/{cnk,messaging} ./{errors,messages}.ts ./{host-functions,linux,process,resident,unshared,values}',
    job: 'runtime/{abi,memory,channel,core,host,process} personalities/messaging ./{backing,errors,messages,options,program}.ts ./{cores,fs,process,values}',
    linux:
      'runtime/{abi,memory,shm,channel,core,host,files,process} runtime/channel/service.ts personalities/linux ./{errors,lifecycle,messages}.ts ./{fs,mounts,process,unshared,values}',
    here: 'runtime/{abi,memory,shm,channel,core,process} runtime/channel/service.ts personalities/linux ./{backing,errors,memory,messages,options,program}.ts ./{cores,host-functions,linux,mounts,process,resident,unshared,values}',
    shared:
      'runtime/{shm,channel,core,process} personalities/cnk ./{backing,errors,memory,messages,options,program}.ts ./{cores,fs,here,host-functions,linux,mounts,process,resident}',
    unshared:
      'runtime/{abi,memory,shm,channel,files,process} runtime/channel/service.ts personalities/linux ./{backing,errors,memory,messages,options}.ts ./{cores,fs,here,host-functions,linux,mounts,process}',
  }),
  'runtime/cli': [
    'runtime/machine',
    ...MACHINE_FACE,
    'runtime/core',
    'runtime/channel',
    'runtime/abi',
    'runtime/toolchain',
    'runtime/toolchain/daemon',
    'runtime/bench',
    'runtime/host',
    'runtime/index.ts',
    'guest-apps',
  ],
  'runtime/demo': [
    'runtime/machine',
    ...MACHINE_FACE,
    'runtime/core',
    'runtime/toolchain',
    'runtime/bench',
    'runtime/index.ts',
    'guest-apps',
  ],
  'runtime/bench': [
    'runtime/abi',
    'runtime/machine',
    ...MACHINE_FACE,
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
    ...MACHINE_FACE,
    'runtime/toolchain/sources/messages.ts',
  ],
  'guest-apps': [],
};

/**
 * What the folders inside one may import, each as words: `./x` is a neighbour, `{a,b}` either. An edge that
 * nobody uses is refused below, so that the lists stay as short as they are.
 */
function folders(parent: string, edges: Readonly<Record<string, string>>): Readonly<Record<string, readonly string[]>> {
  const expand = (word: string): string[] => {
    const [, before = '', choices, after = ''] = /^(.*)\{(.*)\}(.*)$/.exec(word) ?? [];
    return choices === undefined ? [word] : choices.split(',').map((choice) => before + choice + after);
  };
  return Object.fromEntries(
    Object.entries(edges).map(([name, words]) => [
      join(parent, name),
      words
        .split(' ')
        .filter((word) => word !== '')
        .flatMap(expand)
        .map((word) => (word.startsWith('./') ? join(parent, word) : word)),
    ]),
  );
}

/** Where Node's modules may be imported by name. */
const NODE_PARTS = [
  'runtime/toolchain',
  'runtime/toolchain/daemon',
  'runtime/toolchain/sources',
  'runtime/cli',
  'runtime/demo',
  'runtime/bench',
];

const files = ['runtime', 'personalities', 'guest-apps']
  .flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
  )
  .filter((file) => file.endsWith('.ts') && !file.startsWith('guest-apps/assembly'));

interface Import {
  readonly from: string;
  readonly to: string;
  /** Erased by the compiler. */
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

it('allows no edge inside the machine and Linux that nobody uses', () => {
  const used = new Set(imports.map(({ from, to }) => `${partOf(from)} → ${partOf(to)}`));
  const unused = Object.entries(ALLOWED)
    .filter(([part]) => part.startsWith('runtime/machine') || part.startsWith('personalities/linux'))
    .flatMap(([part, allowed]) => allowed.map((to) => `${part} → ${to}`))
    .filter((edge) => !used.has(edge));
  expect(unused).toEqual([]);
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
it.each(['runtime/machine/cores/worker.ts', 'runtime/machine/boot.ts', 'runtime/cli/run/run.ts'])(
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

// Of types, too: what depends on one another in a circle can be read, and changed, only as one file.
it('has no cycles between files', () => {
  const next = new Map<string, string[]>();
  for (const { from, to } of imports) if (to.endsWith('.ts')) next.set(from, [...(next.get(from) ?? []), to]);
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
