// `fusedos apps`: the example programs. Lists them, or compiles them into a directory.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { argsOf, GUEST_APPS, type GuestApp } from '../../guest-apps/catalog.ts';
import { lackOf } from '../toolchain/linux-sysroot.ts';
import { CompileError, type Compiler, createCompiler, ToolchainError } from '../toolchain/service.ts';
import { createCommand, parse } from './command-line.ts';
import { installation } from './installation.ts';
import { CliError, STATUS, usageError } from './status.ts';
import { OutputPump } from './streams.ts';

const AFTER = `
Commands:
  list                  what there is (the default)
  build DIR [NAME…]     compile all, or those named, to DIR/NAME.wasm

Examples:
  fusedos apps build apps
  fusedos run apps/dgemm.wasm
  fusedos apps build apps wordcount
  fusedos run --dir . apps/wordcount.wasm book.txt
  fusedos apps build apps mpi-heat
  fusedos mpirun -n 4 apps/mpi-heat.wasm
`;

export async function apps(args: readonly string[]): Promise<number> {
  const command = createCommand({
    name: 'fusedos apps',
    usage: '[list | build DIR [NAME…]]',
    description:
      'The example programs: kernels of scientific computing, those of MPI (mpi-…) among them, and small tools.',
    after: AFTER,
  })
    .argument('[COMMAND]')
    .argument('[ARGS...]');
  if (!parse(command, args)) return 0;
  const [action = 'list', directory, ...names] = command.args;
  if (action === 'list') {
    if (directory !== undefined) usageError('list takes no arguments');
    await new OutputPump(process.stdout, true).write(listApps()).catch(() => {});
    return 0;
  }
  if (action !== 'build') usageError(`there is no command ${action}`);
  if (directory === undefined) usageError('build: name a directory');
  return build(directory, names);
}

/** What an app is called as a file and on the command line: two languages have programs of the same name. */
export function appName({ name, language }: GuestApp): string {
  return language === 'assemblyscript' ? `as-${name}` : name;
}

function listApps(): string {
  const width = Math.max(...GUEST_APPS.map((app) => appName(app).length));
  return GUEST_APPS.map((app) => {
    const language = { c: 'C', 'c++': 'C++', assemblyscript: 'AssemblyScript' }[app.language];
    return `${appName(app).padEnd(width)}  ${language.padEnd('AssemblyScript'.length)}  ${app.summary}\n`;
  }).join('');
}

/** Errors: CliError when the sources or a compiler are missing, a name is unknown, or the directory cannot be written. */
async function build(directory: string, names: readonly string[]): Promise<number> {
  const root = fileURLToPath(installation.root);
  for (const name of names) {
    if (!GUEST_APPS.some((app) => appName(app) === name)) usageError(`there is no program ${name}`);
  }
  const chosen = GUEST_APPS.filter((app) => names.length === 0 || names.includes(appName(app)));
  if (!existsSync(resolve(root, 'guest-apps'))) {
    throw new CliError(
      STATUS.FAILURE,
      'the sources are not part of the installed package: clone the repository of fusedos',
    );
  }
  const out = new OutputPump(process.stdout, true);
  await using compiler = await createCompiler({
    wasiSources: installation.wasiSources,
    sysroot: installation.sysroot,
    cacheDir: resolve(root, 'build/cache'),
  });
  try {
    mkdirSync(directory, { recursive: true });
    for (const app of chosen) {
      const lack = lackOf(fileURLToPath(installation.sysroot), app);
      if (lack !== undefined) {
        process.stderr.write(`fusedos apps: ${appName(app)} skipped, because ${lack}\n`);
        continue;
      }
      const file = `${directory}/${appName(app)}.wasm`;
      writeFileSync(file, await buildApp(compiler, app, root));
      await out.write(`${file}\n`).catch(() => {});
    }
    return 0;
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    if (error instanceof CompileError) {
      process.stderr.write(error.diagnostics);
      return 1;
    }
    if (error instanceof ToolchainError || code !== undefined) throw new CliError(STATUS.FAILURE, message);
    throw error;
  }
}

/** Compiles one app. @param root the repository */
export function buildApp(compiler: Compiler, app: GuestApp, root: string): Promise<Uint8Array> {
  return compiler.build({ language: app.language, source: app.source, args: argsOf(app), cwd: root });
}
