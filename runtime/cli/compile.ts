// `fusedos cc`, `c++`, `ar` and their like: the toolchain's command lines, on this process's streams. All options are clang's own.

import type { CommandLine, Tool } from '../toolchain/service.ts';
import { createCompiler, ToolchainError } from '../toolchain/service.ts';
import { installation } from './installation.ts';
import { EXECUTABLE, launcherLine } from './launcher-line.ts';
import { CliError, STATUS } from './status.ts';
import { OutputPump } from './streams.ts';

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
  await using compiler = await createCompiler({ wasiSources: installation.wasiSources, sysroot: installation.sysroot });
  try {
    const written: Promise<void>[] = [];
    // As natively, a reader that went away does not change what is compiled.
    const write = (pump: OutputPump) => (bytes: Uint8Array) => void written.push(pump.write(bytes).catch(() => {}));
    const status = await compiler.run({ ...command, stdout: write(stdout), stderr: write(stderr) });
    await Promise.all(written);
    return status;
  } catch (error) {
    if (error instanceof ToolchainError) throw new CliError(STATUS.FAILURE, error.message);
    throw error;
  }
}
