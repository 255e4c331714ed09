/**
 * A command line run by the compile daemon, which is started if need be.
 *
 * Whatever goes wrong with the daemon, the answer is "not served": the caller then compiles itself. What had been written until then is not
 * written again: the same command line says the same, so as many bytes are left out (`Written`). Loads nothing of the compiler.
 */
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { connect, type Socket } from 'node:net';
import type { CommandLine, OutputSinks } from '../driver.ts';
import { viewOfFiles } from './client-files.ts';
import { type DaemonDescription, onFrames, send } from './frames.ts';
import type { DaemonPlace } from './place.ts';

/** How long a daemon may take until it listens; and how often one looks. */
const START_MS = 10_000;
const LOOK_MS = 10;
/** Descriptors that a daemon could inherit of a shell or make, and would keep open: a pipe of theirs would never end. */
const INHERITABLE = 64;

export interface Served {
  readonly status: number;
}

/** Sinks that remember how much they were given. */
export class Written implements OutputSinks {
  readonly #sinks: OutputSinks;
  readonly #counts = { stdout: 0, stderr: 0 };

  constructor(sinks: OutputSinks) {
    this.#sinks = sinks;
  }

  readonly stdout = (bytes: Uint8Array): void => this.#take('stdout', bytes);
  readonly stderr = (bytes: Uint8Array): void => this.#take('stderr', bytes);

  /** Sinks for the same output from its beginning, without what was written. */
  rest(): OutputSinks {
    const left = { ...this.#counts };
    const after = (name: 'stdout' | 'stderr') => (bytes: Uint8Array) => {
      const known = Math.min(left[name], bytes.length);
      left[name] -= known;
      if (known < bytes.length) this.#sinks[name](bytes.subarray(known));
    };
    return { stdout: after('stdout'), stderr: after('stderr') };
  }

  #take(name: 'stdout' | 'stderr', bytes: Uint8Array): void {
    this.#counts[name] += bytes.length;
    this.#sinks[name](bytes);
  }
}

/** Whether a daemon can run a command line as this process would: it has no descriptors of ours. */
export function canBeServed({ args }: Pick<CommandLine, 'args'>): boolean {
  return !args.some((argument) => /\/dev\/(fd|std|tty)|\/proc\/(self|thread-self)\b/.test(argument));
}

/**
 * Runs a command line.
 *
 * @param stdin all of it, if anything reads it
 * @returns undefined when it was not served
 */
export async function runByDaemon(
  place: DaemonPlace,
  command: CommandLine,
  stdin: Uint8Array | undefined,
  sinks: OutputSinks,
): Promise<Served | undefined> {
  const socket = await reach(place);
  if (socket === undefined) return undefined;
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(command.env ?? {})) if (value !== undefined) env[name] = value;
  const { tool, args, cwd, launcher } = command;
  return new Promise((resolve) => {
    socket.on('error', () => {}); // 'close' follows
    socket.on('close', () => resolve(undefined));
    onFrames(socket, (kind, bytes) => {
      switch (kind) {
        case 'stdout':
        case 'stderr':
          sinks[kind](bytes);
          return;
        case 'exited':
          resolve({ status: (JSON.parse(bytes.toString()) as Served).status });
          break;
        default:
          resolve(undefined);
      }
      socket.destroy();
    });
    send(socket, 'compile', {
      tool,
      args,
      cwd,
      launcher,
      files: viewOfFiles(cwd),
      env,
      isTerminal: command.isTerminal === true,
      stdin: stdin === undefined ? undefined : Buffer.from(stdin).toString('base64'),
    });
  });
}

/** Asks a daemon what it is at; undefined when there is none. */
export async function describeDaemon(socketPath: string): Promise<DaemonDescription | undefined> {
  const socket = await tryConnect(socketPath);
  if (socket === undefined) return undefined;
  return new Promise((resolve) => {
    socket.on('error', () => {});
    socket.on('close', () => resolve(undefined));
    onFrames(socket, (kind, bytes) => {
      resolve(kind === 'described' ? (JSON.parse(bytes.toString()) as DaemonDescription) : undefined);
      socket.destroy();
    });
    send(socket, 'status');
  });
}

/** @returns whether there was a daemon, which has ended now */
export async function stopDaemon(socketPath: string): Promise<boolean> {
  const socket = await tryConnect(socketPath);
  if (socket === undefined) return false;
  const ended = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  socket.on('error', () => {});
  socket.resume();
  send(socket, 'stop');
  await ended;
  return true;
}

async function reach(place: DaemonPlace): Promise<Socket | undefined> {
  const running = await tryConnect(place.socket);
  if (running !== undefined) return running;
  const isStarter = takeLock(place.lock);
  try {
    const isComing = isStarter ? start(place) : () => fs.existsSync(place.lock);
    for (const endMs = Date.now() + START_MS; Date.now() < endMs; ) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      const mayCome = isComing();
      const socket = await tryConnect(place.socket);
      if (socket !== undefined || !mayCome) return socket;
    }
    return undefined;
  } finally {
    if (isStarter) fs.rmSync(place.lock, { force: true });
  }
}

/** One client starts the daemon, others wait for it. The lock of a client that was killed holds nobody up. */
function takeLock(lock: string): boolean {
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      fs.writeFileSync(lock, `${process.pid}`, { flag: 'wx', mode: 0o600 });
      return true;
    } catch {
      if (isHeld(lock)) return false;
      fs.rmSync(lock, { force: true });
    }
  }
  return false;
}

function isHeld(lock: string): boolean {
  try {
    if (Date.now() - fs.statSync(lock).mtimeMs > START_MS) return false;
    const pid = Number(fs.readFileSync(lock, 'utf8'));
    // Empty: its holder is about to write it.
    return pid === 0 || process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** @returns what tells whether the daemon may still come to listen */
function start(place: DaemonPlace): () => boolean {
  let isComing = true;
  const nowhere = fs.openSync('/dev/null', 'r+');
  try {
    const daemon = spawn(process.execPath, [place.program, JSON.stringify(place)], {
      cwd: '/',
      detached: true,
      stdio: Array.from({ length: INHERITABLE }, () => nowhere),
    });
    const isGone = (): void => {
      isComing = false;
    };
    daemon.on('error', isGone).on('exit', isGone);
    daemon.unref();
  } catch {
    isComing = false;
  } finally {
    fs.closeSync(nowhere);
  }
  return () => isComing;
}

function tryConnect(path: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => resolve(socket));
    socket.once('error', () => resolve(undefined));
  });
}
