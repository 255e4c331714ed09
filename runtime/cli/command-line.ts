// The one place that knows commander: every command's options are read here, its errors become one line, its help goes to
// stdout. A command that does not need options does not load it.

import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { version } from '../../package.json';
import { usageError } from './status.ts';
import { OutputPump } from './streams.ts';

export { InvalidArgumentError };

export interface CommandText {
  readonly name: string;
  readonly description: string;
  /** What follows the name. */
  readonly usage: string;
  /** Whole paragraphs below the options, with examples. */
  readonly after: string;
}

/** A command with --help and --version; `parse` reads its arguments. */
export function createCommand({ name, description, usage, after }: CommandText): Command {
  return new Command(name)
    .description(description)
    .usage(usage)
    .version(version, '--version', 'print the version of fusedos')
    .helpOption('-h, --help', 'print this help')
    .configureOutput({ outputError: () => {}, writeOut: print })
    .configureHelp({ helpWidth: 100 })
    .addHelpText('after', `\n${after.trim()}`)
    .exitOverride();
}

/** A reader that has gone away wants no more of it. */
function print(text: string): void {
  void new OutputPump(process.stdout, true).write(text).catch(() => {});
}

/**
 * Reads a command's arguments.
 *
 * @returns false when there is nothing more to do: help or version was asked for, and printed
 *
 * Errors: CliError for options or arguments that the command does not have.
 */
export function parse(command: Command, args: readonly string[]): boolean {
  try {
    command.parse(args, { from: 'user' });
    return true;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return false;
    return usageError(error.message.replace(/^error: /, ''));
  }
}
