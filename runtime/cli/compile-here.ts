// Compiles in this process, where there is no daemon: loads LLVM, which takes a second.

import type { CommandLine, OutputSinks } from '../toolchain/driver.ts';
import { createCompiler, ToolchainError } from '../toolchain/service.ts';
import { installation } from './installation.ts';
import { CliError, STATUS } from './status.ts';

/**
 * @returns the compiler's exit status
 *
 * Errors: CliError when there is no compiler.
 */
export async function compileHere(command: CommandLine, sinks: OutputSinks): Promise<number> {
  const { wasiSources, sysroot } = installation;
  await using compiler = await createCompiler({ wasiSources, sysroot });
  try {
    return await compiler.run({ ...command, ...sinks });
  } catch (error) {
    if (error instanceof ToolchainError) throw new CliError(STATUS.FAILURE, error.message);
    throw error;
  }
}
