// The built command line as a process: run to its end with everything collected, or started and talked to.

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { join } from 'node:path';
import { distDirectory } from './built.ts';

export interface Finished {
  /** The exit status; 128 + signal number is the command's own doing, a signal's name means that it was killed itself. */
  readonly status: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly cwd?: string;
  readonly stdin?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
}

/** Only for tests that must not hang: well beyond anything that a loaded machine needs. */
const DEADLINE_MS = 25_000;

export const cli = join(distDirectory, 'cli.cjs');

/** Runs `fusedos ARGS`. */
export async function fusedos(args: readonly string[], options: CommandOptions = {}): Promise<Finished> {
  const child = start(args, options);
  child.stdin.on('error', () => {}); // the command may end before it has read all
  child.stdin.end(options.stdin);
  return finished(child);
}

/** Starts `fusedos ARGS`; its streams are the test's to use. No compile daemon outlives a test that does not ask for it. */
export function start(args: readonly string[], options: CommandOptions = {}): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [cli, ...args], {
    cwd: options.cwd,
    env: { ...process.env, FUSEDOS_DAEMON: 'off', ...options.env },
    timeout: DEADLINE_MS,
    killSignal: 'SIGKILL',
  });
}

/** Collects the rest of what a process writes, and how it ends. */
export async function finished(child: ChildProcessWithoutNullStreams): Promise<Finished> {
  const [stdout, stderr, status] = await Promise.all([
    collect(child.stdout),
    collect(child.stderr),
    new Promise<number | string>((resolve) => child.on('exit', (code, signal) => resolve(code ?? signal ?? ''))),
  ]);
  return { status, stdout: stdout.toString('latin1'), stderr: stderr.toString() };
}

/** Runs a line of sh in which `fusedos` is the built command. */
export function shell(line: string, options: CommandOptions = {}): Promise<Finished> {
  const child = spawn('sh', ['-c', `fusedos() { "$NODE" "$CLI" "$@"; }\n${line}`], {
    cwd: options.cwd,
    env: { ...process.env, FUSEDOS_DAEMON: 'off', NODE: process.execPath, CLI: cli, ...options.env },
    timeout: DEADLINE_MS,
    killSignal: 'SIGKILL',
  });
  child.stdin.end(options.stdin);
  return finished(child);
}

/** Resolves when the process has written a text to stdout; the rest stays to be read. */
export function said(child: ChildProcessWithoutNullStreams, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let seen = '';
    const read = (chunk: Buffer): void => {
      seen += chunk;
      if (!seen.includes(text)) return;
      child.stdout.off('data', read);
      resolve();
    };
    child.stdout.on('data', read);
    child.on('exit', () => reject(new Error(`the process ended and never said "${text}", but "${seen}"`)));
  });
}

async function collect(stream: NodeJS.ReadableStream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
