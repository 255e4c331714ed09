// `fusedos cc`, `c++`, `mpicc`, `ar` and their like: the toolchain's command lines, on this process's streams. All options are LLVM's own.
// The compile daemon runs them, or where it cannot this process, which then loads the compiler itself.

import { canBeServed, runByDaemon, Written } from '../toolchain/daemon/client.ts';
import { findPlace } from '../toolchain/daemon/place.ts';
import type { CommandLine, OutputSinks, Tool } from '../toolchain/driver.ts';
import { installation } from './installation.ts';
import { EXECUTABLE, launcherLine } from './launcher-line.ts';
import { OutputPump, readStdin } from './streams.ts';

/** @returns the compiler's exit status */
export async function compile(tool: Tool, args: readonly string[]): Promise<number> {
  const stdout = new OutputPump(process.stdout, true);
  const stderr = new OutputPump(process.stderr, true);
  const command: CommandLine = {
    tool,
    args,
    cwd: process.cwd(),
    stdin: 'inherit',
    isTerminal: process.stderr.isTTY,
    env: process.env,
    launcher: process.env[EXECUTABLE] === undefined ? undefined : launcherLine(),
  };
  const pending: Promise<void>[] = [];
  // As natively, a reader that went away does not change what is compiled.
  const write = (pump: OutputPump) => (bytes: Uint8Array) => void pending.push(pump.write(bytes).catch(() => {}));
  const status = await runCommand(command, { stdout: write(stdout), stderr: write(stderr) });
  await Promise.all(pending);
  return status;
}

async function runCommand(command: CommandLine, sinks: OutputSinks): Promise<number> {
  const place = canBeServed(command) ? findPlace(installation) : undefined;
  if (place === undefined) return (await import('./compile-here.ts')).compileHere(command, sinks);
  const stdin = readsStdin(command) ? await readStdin() : undefined;
  const written = new Written(sinks);
  const served = await runByDaemon(place, command, stdin, written);
  if (served !== undefined) return served.status;
  return (await import('./compile-here.ts')).compileHere({ ...command, stdin }, written.rest());
}

/** An input `-`, or a script for ar. */
function readsStdin({ tool, args }: CommandLine): boolean {
  return args.includes('-') || (tool === 'ar' && args.some((argument) => /^-?-?M$/.test(argument)));
}
