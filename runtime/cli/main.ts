#!/usr/bin/env node
// Entry of the command line, bundled to dist/cli.cjs: finds the command and loads only what that needs.

import { host } from '../host/index.ts';
import { CliError, errorLine, STATUS } from './status.ts';

/** Options that are answered by text alone. */
const ANSWERED: ReadonlySet<string> = new Set(['-h', '--help', '--version']);
const TOOLS = [
  'cc',
  'c++',
  'mpicc',
  'mpic++',
  'ar',
  'ranlib',
  'nm',
  'strip',
  'ld',
  'objcopy',
  'objdump',
  'size',
] as const;
const COMMANDS: ReadonlySet<string> = new Set([
  ...TOOLS,
  'run',
  'exec',
  'mpirun',
  'env',
  'cmake-toolchain',
  'daemon',
  'apps',
  'bench',
  'doctor',
  'completion',
]);

async function main([command = '--help', ...rest]: readonly string[]): Promise<number> {
  switch (command) {
    case 'run':
      // Not when there is nothing to run: workers that nobody asks for keep the process from ending.
      if (rest.length > 0 && !rest.some((argument) => ANSWERED.has(argument))) host.startAhead(['linux', 'core']);
      return (await import('./run/run.ts')).run(rest);
    case 'exec':
      if (rest[0]?.startsWith('-') === false) host.startAhead(['linux', 'core']);
      return (await import('./run/exec.ts')).exec(rest);
    case 'mpirun':
      if (rest.length > 0 && !rest.some((argument) => ANSWERED.has(argument))) host.startAhead(['linux', 'core']);
      return (await import('./run/mpirun.ts')).mpirun(rest);
    case 'env':
      return (await import('./environment.ts')).environment(rest);
    case 'cmake-toolchain':
      return (await import('./environment.ts')).cmakeToolchain(rest);
    case 'daemon':
      return (await import('./daemon.ts')).daemon(rest);
    case 'apps':
      return (await import('./apps.ts')).apps(rest);
    case 'bench':
      return (await import('../bench/index.ts')).runBench([...rest]);
    case 'doctor':
      return (await import('./help/doctor.ts')).doctor(rest);
    case 'completion':
      return (await import('./help/completion.ts')).completion(rest);
    case 'help':
      if (rest[0] === '--man') return (await import('./help/manual.ts')).manual();
      return main([...rest.slice(0, 1), '--help']);
    default: {
      const tool = TOOLS.find((name) => name === command);
      if (tool !== undefined) return (await import('./compile.ts')).compile(tool, rest);
      return (await import('./help/overview.ts')).overview([command, ...rest]);
    }
  }
}

async function start(args: readonly string[]): Promise<void> {
  try {
    process.exitCode = await main(args);
  } catch (error) {
    const command = COMMANDS.has(args[0] ?? '') ? `fusedos ${args[0]}` : 'fusedos';
    process.exitCode = error instanceof CliError ? error.status : STATUS.FAILURE;
    process.stderr.write(error instanceof CliError ? errorLine(command, error) : bugReport(command, error));
  }
}

function bugReport(command: string, error: unknown): string {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `${command}: an error of fusedos itself; please report it. ${text}\n`;
}

/** Node decodes arguments as UTF-8, and what is not is lost: then they are looked up. */
async function ownArguments(): Promise<readonly string[]> {
  const args = process.argv.slice(2);
  return args.some((text) => text.includes('\ufffd')) ? (await import('./raw-strings.ts')).rawArguments(args) : args;
}

void ownArguments().then(start);
