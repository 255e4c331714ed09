// `fusedos exec`: a program as one of the host's own: all your files, the working directory, your environment. For build
// systems, which run what they have built; what a program must not see, `fusedos run` keeps from it.

import { readdirSync, statSync } from 'node:fs';
import { createCommand, parse } from '../command-line.ts';
import { usageError } from '../status.ts';
import type { DirectoryOption } from './directories.ts';
import { runRequest } from './run.ts';

const AFTER = `
The program sees your files as you do, may change what you may change, and gets your environment: give it only to
programs that you would run natively. fusedos run shows a program nothing unless it is told to.

Exit status: as that of fusedos run.

Example:
  fusedos exec ./a.out --help
`;

/** What a machine has itself, and says of itself. */
const OWN: ReadonlySet<string> = new Set(['dev', 'proc', 'sys']);

export async function exec(args: readonly string[]): Promise<number> {
  const [file = '', ...rest] = args;
  if (file === '' || file.startsWith('-')) {
    const text = {
      name: 'fusedos exec',
      usage: 'PROGRAM [ARGS…]',
      description: 'Runs a program with all your files and your environment.',
      after: AFTER,
    };
    const command = createCommand(text)
      .argument('<PROGRAM>')
      .argument('[ARGS...]')
      .helpCommand(false)
      .passThroughOptions();
    return parse(command, args) ? usageError('name a program') : 0;
  }
  return runRequest('fusedos exec', async () => ({
    file,
    args: rest,
    machine: {},
    process: { env: ownEnvironment(), cwd: process.cwd() },
    directories: topDirectories(),
    tmpfs: [],
    staged: [],
    tracesCalls: false,
    showsCounts: false,
    isRaw: true,
  }));
}

function ownEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

function topDirectories(): DirectoryOption[] {
  return readdirSync('/').flatMap((name) => {
    const path = `/${name}`;
    if (OWN.has(name) || !isDirectory(path)) return [];
    return [{ hostPath: path, name: path, access: 'live' as const }];
  });
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
