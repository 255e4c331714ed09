// Two Node processes, each a machine with some ranks of a job, whose messages cross a stream of bytes: see machine.ts and transport.ts.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { distDirectory, root } from '../built.ts';
import type { PartOrder, PartOutcome } from './machine.ts';

export class MachinePair {
  readonly #ranksEach: readonly [number, number];
  readonly #processes: readonly ChildProcess[];
  readonly #folder: string;

  private constructor(ranksEach: readonly [number, number], processes: readonly ChildProcess[], folder: string) {
    this.#ranksEach = ranksEach;
    this.#processes = processes;
    this.#folder = folder;
  }

  /** @param ranksEach how many ranks each has */
  static async boot(ranksEach: readonly [number, number]): Promise<MachinePair> {
    const folder = mkdtempSync(join(tmpdir(), 'fusedos-pair-'));
    const names = { machine: 'tests/support/stream/machine.ts', transport: 'tests/support/stream/transport.ts' };
    await build({
      absWorkingDir: root,
      entryPoints: names,
      outdir: folder,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      format: 'esm',
      platform: 'node',
      logLevel: 'warning',
    });
    const start = async (role: 'listen' | 'connect', cores: number): Promise<ChildProcess> => {
      const args = [distDirectory, join(folder, 'transport.mjs'), join(folder, 'socket'), role, `${cores}`];
      const child = fork(join(folder, 'machine.mjs'), args, { execArgv: [] });
      await answer(child);
      return child;
    };
    const [first, second] = ranksEach;
    return new MachinePair(ranksEach, [await start('listen', first), await start('connect', second)], folder);
  }

  /** Runs a program over all ranks. @param isForAll messages between ranks of one process go through bytes, too */
  async run(file: string, args: readonly string[], isForAll: boolean): Promise<PartOutcome> {
    const [first, second] = this.#ranksEach;
    const size = first + second;
    const parts = await Promise.all(
      this.#processes.map((child, index) => {
        const own = index === 0 ? { firstRank: 0, n: first } : { firstRank: first, n: second };
        const order: PartOrder = { file, args, size, isForAll, ...own };
        child.send(order);
        return answer(child) as Promise<PartOutcome>;
      }),
    );
    const [one, other] = parts as [PartOutcome, PartOutcome];
    return {
      exitCode: one.exitCode || other.exitCode,
      stdout: one.stdout + other.stdout,
      stderr: one.stderr + other.stderr,
      // Each knows what its own ranks have sent.
      messages: [...one.messages.slice(0, first), ...other.messages.slice(first)],
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(
      this.#processes.map(async (child) => {
        const gone = once(child, 'exit');
        child.send('close');
        await gone;
      }),
    );
    rmSync(this.#folder, { recursive: true });
  }
}

/** What a process says next. Errors: it has ended. */
async function answer(child: ChildProcess): Promise<unknown> {
  const gone = new AbortController();
  const ended = once(child, 'exit', { signal: gone.signal }).then(([code, signal]) => {
    throw new Error(`a machine's process ended: ${code ?? signal}`);
  });
  ended.catch(() => {});
  try {
    const [message] = (await Promise.race([once(child, 'message', { signal: gone.signal }), ended])) as [unknown];
    return message;
  } finally {
    gone.abort();
  }
}
