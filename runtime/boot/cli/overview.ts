// `fusedos` alone: the help that names the commands, the version, and the error for a command that there is not.

import { createCommand, parse } from './command-line.ts';
import { usageError } from './status.ts';

const AFTER = `
Commands:
  run FILE.wasm ARGS…   run a compiled program
  cc, c++, ar           compile C and C++ to such programs; clang's own options
  apps                  list the example programs, or build them
  bench                 measure what system calls cost here
  help COMMAND          the same as COMMAND --help

A first program:
  fusedos cc -O2 hello.c -o hello.wasm
  fusedos run hello.wasm
`;

export async function overview(args: readonly string[]): Promise<number> {
  const [command = ''] = args;
  if (!command.startsWith('-')) usageError(`there is no command ${command}`);
  const fusedos = createCommand({
    name: 'fusedos',
    usage: 'COMMAND [options]',
    description: 'Runs compiled programs on WebAssembly under two operating systems: a light-weight kernel and Linux.',
    after: AFTER,
  });
  parse(fusedos, args);
  return 0;
}
