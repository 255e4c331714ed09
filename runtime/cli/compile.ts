// `fusedos cc`, `c++` and `ar`: the toolchain's command lines, on this process's streams. All options are clang's own.

import type { CommandLine, Tool } from '../toolchain/service.ts';
import { createCompiler, ToolchainError } from '../toolchain/service.ts';
import { installation } from './installation.ts';
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
  };
  await using compiler = await createCompiler({ wasiSources: installation.wasiSources, sysroot: installation.sysroot });
  try {
    const written: Promise<void>[] = [];
    const status = await compiler.run({
      ...command,
      stdout: (bytes) => void written.push(stdout.write(bytes)),
      stderr: (bytes) => void written.push(stderr.write(bytes)),
    });
    await Promise.allSettled(written); // as natively: a reader that went away does not change what was compiled
    return status;
  } catch (error) {
    if (error instanceof ToolchainError) throw new CliError(STATUS.FAILURE, error.message);
    throw error;
  }
}
