// `fusedos` alone: the help that names the commands, the version, and the error for a command that there is not.

import { nearest } from '../../machine/values/arguments.ts';
import { createCommand, parse } from '../command-line.ts';
import { COMMAND_TABLE, renderCommands } from '../commands.ts';
import { usageError } from '../status.ts';

const AFTER = `
Commands:
${renderCommands()}

A first program:
  fusedos cc -O2 hello.c -o hello.wasm
  fusedos run hello.wasm
`;

export async function overview(args: readonly string[]): Promise<number> {
  const [command = ''] = args;
  if (!command.startsWith('-')) {
    const near = nearest(
      command,
      COMMAND_TABLE.map(({ name }) => name),
    );
    usageError(`there is no command ${command}${near === undefined ? '' : `: did you mean ${near}?`}`);
  }
  const fusedos = createCommand({
    name: 'fusedos',
    usage: 'COMMAND [options]',
    description: 'Runs compiled programs on WebAssembly under two operating systems: a light-weight kernel and Linux.',
    after: AFTER,
  });
  parse(fusedos, args);
  return 0;
}
