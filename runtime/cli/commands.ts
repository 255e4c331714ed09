// The commands of `fusedos`, and the options of those that have some: what the help, the completions and the manual page say
// comes from here, and so do the options that are read.

import { createRunCommand } from './run/options.ts';

export interface CommandEntry {
  readonly name: string;
  /** What follows the name. */
  readonly usage: string;
  readonly summary: string;
  /** What may follow it first, for completion: words, or files. */
  readonly words: readonly string[];
  readonly takesFiles: boolean;
}

export const COMMAND_TABLE: readonly CommandEntry[] = [
  entry('run', 'FILE.wasm ARGS…', 'run a compiled program', [], true),
  entry('cc', 'ARGS…', 'compile C to such a program; clang’s own options', [], true),
  entry('c++', 'ARGS…', 'the same for C++', [], true),
  entry('mpicc', 'ARGS…', 'compile C with MPI; as cc', [], true),
  entry('mpic++', 'ARGS…', 'the same for C++', [], true),
  entry('ar', 'ARGS…', 'make an archive of objects; llvm-ar’s own options', [], true),
  entry('ranlib', 'ARGS…', 'LLVM’s tool of that name, as are the next ones', [], true),
  entry('nm', 'ARGS…', 'list the symbols of objects and programs', [], true),
  entry('strip', 'ARGS…', 'drop symbols and debug information', [], true),
  entry('ld', 'ARGS…', 'link objects; wasm-ld’s own options', [], true),
  entry('objcopy', 'ARGS…', 'copy an object with changes', [], true),
  entry('objdump', 'ARGS…', 'show what is in objects and programs', [], true),
  entry('size', 'ARGS…', 'tell the sizes of an object’s sections', [], true),
  entry('env', '[COMMAND ARGS…]', 'run a build, such as ./configure or make, with this compiler', [], true),
  entry('cmake-toolchain', '', 'print the path of the toolchain file for CMake', [], false),
  entry('daemon', '[status | stop]', 'the compiler that waits in the background', ['status', 'stop'], false),
  entry('exec', 'PROGRAM ARGS…', 'run a program with all your files and your environment', [], true),
  entry('mpirun', '[-n N] FILE.wasm ARGS…', 'run a program of MPI as several ranks', [], true),
  entry('apps', '[list | build DIR]', 'list the example programs, or build them', ['list', 'build'], false),
  entry('bench', '[syscalls]', 'measure what system calls cost here', ['syscalls'], false),
  entry('doctor', '', 'tell what fusedos finds here, and what is missing', [], false),
  entry('completion', 'bash | zsh | fish', 'print completions for a shell', ['bash', 'zsh', 'fish'], false),
  entry('help', 'COMMAND | --man', 'the same as COMMAND --help; the manual page', ['--man'], false),
];

function entry(
  name: string,
  usage: string,
  summary: string,
  words: readonly string[],
  takesFiles: boolean,
): CommandEntry {
  return { name, usage, summary, words, takesFiles };
}

export interface OptionEntry {
  /** `-t`, where there is one. */
  readonly short: string | undefined;
  readonly long: string;
  /** `<TIME>`; undefined for a switch. */
  readonly value: string | undefined;
  readonly summary: string;
  readonly choices: readonly string[];
}

/** The options of `fusedos run`. */
export function runOptions(): OptionEntry[] {
  const command = createRunCommand();
  return command
    .createHelp()
    .visibleOptions(command)
    .map(({ short, long, flags, description, argChoices }) => ({
      short,
      long: long ?? '',
      value: /<.*>/.exec(flags)?.[0],
      summary: description,
      choices: argChoices ?? [],
    }));
}

/** Lines for the help: the commands and what they do. */
export function renderCommands(): string {
  const lines = COMMAND_TABLE.map(({ name, usage, summary }) => [`${name} ${usage}`.trim(), summary] as const);
  const width = Math.max(...lines.map(([text]) => text.length));
  return lines.map(([text, summary]) => `  ${text.padEnd(width)}  ${summary}`).join('\n');
}
