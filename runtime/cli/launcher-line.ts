// The first line of programs that start by themselves, which `fusedos env` asks for: the kernel then runs
// `node fusedos-exec PROGRAM ARGS…`.

import { fileURLToPath } from 'node:url';
import { installation } from './installation.ts';
import { CliError, STATUS } from './status.ts';

/** The variable that makes the compiler write them. */
export const EXECUTABLE = 'FUSEDOS_EXECUTABLE';

/** The longest that older kernels read. */
const LONGEST = 127;

/** Errors: CliError when a kernel could not read the line. */
export function launcherLine(): string {
  const command = fileURLToPath(new URL('fusedos-exec', installation.commands));
  const line = `#!${process.execPath} ${command}\n`;
  if (/[ \t]/.test(process.execPath) || /[ \t\n]$|\n/.test(command) || line.length > LONGEST + 1) {
    const what = `programs cannot start by themselves with a path as long as, or with blanks as in, ${line.slice(2, -1)}`;
    throw new CliError(STATUS.FAILURE, `${what}: install fusedos in another directory, or unset ${EXECUTABLE}`);
  }
  return line;
}
