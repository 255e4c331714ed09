// `fusedos env`: what build systems want to know of the compiler, as env(1) gives it: to a command, or as lines. And
// `fusedos cmake-toolchain`, the same for CMake.

import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { createCommand, parse } from './command-line.ts';
import { installation } from './installation.ts';
import { EXECUTABLE, launcherLine } from './launcher-line.ts';
import { CliError, STATUS, usageError } from './status.ts';
import { OutputPump } from './streams.ts';

const AFTER = `
Without a COMMAND it prints the variables, one a line: CC, CXX, AR, RANLIB, NM, STRIP, and ${EXECUTABLE}, by which
linked programs start by themselves (a first line #!…, then the module), so that configure and make can run what
they have built, with your files and your environment.

Examples:
  fusedos env ./configure && fusedos env make check
  fusedos env make $(fusedos env)       when a Makefile sets CC itself
  fusedos env sh                        a shell to build in
`;

const VARIABLES = {
  CC: 'fusedos-cc',
  CXX: 'fusedos-c++',
  AR: 'fusedos-ar',
  RANLIB: 'fusedos-ranlib',
  NM: 'fusedos-nm',
  STRIP: 'fusedos-strip',
} as const;

export async function environment(args: readonly string[]): Promise<number> {
  const command = createCommand({
    name: 'fusedos env',
    usage: '[COMMAND ARGS…]',
    description: 'Runs a command, such as a build, with this compiler in its environment.',
    after: AFTER,
  })
    .argument('[COMMAND]')
    .argument('[ARGS...]')
    .helpCommand(false)
    .passThroughOptions();
  if (!parse(command, args)) return 0;
  const [name, ...rest] = command.args;
  const variables = buildVariables();
  if (name === undefined) {
    const lines = Object.entries(variables).map(([variable, value]) => `${variable}=${value}\n`);
    await new OutputPump(process.stdout, true).write(lines.join('')).catch(() => {});
    return 0;
  }
  return runCommand(name, rest, { ...process.env, ...variables });
}

/** Errors: CliError. */
export async function cmakeToolchain(args: readonly string[]): Promise<number> {
  const command = createCommand({
    name: 'fusedos cmake-toolchain',
    usage: '',
    description: 'Prints the path of the toolchain file for CMake.',
    after: 'Example:\n  cmake -B build -DCMAKE_TOOLCHAIN_FILE="$(fusedos cmake-toolchain)"',
  }).argument('[ARGS...]');
  if (!parse(command, args)) return 0;
  if (command.args.length > 0) usageError('it takes no arguments');
  const path = fileURLToPath(installation.cmakeToolchain);
  await new OutputPump(process.stdout, true).write(`${path}\n`).catch(() => {});
  return 0;
}

/** Errors: CliError when programs could not start by themselves from here. */
function buildVariables(): Record<string, string> {
  launcherLine();
  const commands = Object.entries(VARIABLES).map(([variable, name]) => [
    variable,
    fileURLToPath(new URL(name, installation.commands)),
  ]);
  return { ...Object.fromEntries(commands), [EXECUTABLE]: '1' };
}

/** @returns its status, as a shell tells it */
function runCommand(name: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  // A terminal sends its signals to the command too, which ends in order: its status is what we wait for.
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) process.on(signal, () => {});
  const child = spawn(name, args, { env, stdio: 'inherit' });
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.on('error', (error: NodeJS.ErrnoException) => {
      const isMissing = error.code === 'ENOENT';
      reject(
        new CliError(
          isMissing ? STATUS.NOT_FOUND : STATUS.NOT_RUNNABLE,
          `${name}: ${isMissing ? 'there is no such command' : error.message}`,
        ),
      );
    });
    child.on('close', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
}
