// The process's own standard streams, and what moves bytes between them and a guest's. Nothing is read ahead of need or
// dropped: each side waits for the other. Whoever reads our output may go away at any time.

import { fstatSync } from 'node:fs';
import { isatty } from 'node:tty';
import type { ByteInput } from '../stdio.ts';
import { TerminalFilter } from './terminal.ts';

export { isatty as isTerminal };

/** Bytes to one of the process's streams, in order, each waited for. */
export class OutputPump {
  readonly #stream: NodeJS.WriteStream;
  readonly #filter: TerminalFilter | undefined;
  /** Bytes that the stream has taken. */
  taken = 0;

  /** @param isRaw terminals get the guest's bytes as they are */
  constructor(stream: NodeJS.WriteStream, isRaw: boolean) {
    this.#stream = stream;
    this.#filter = stream.isTTY && !isRaw ? new TerminalFilter() : undefined;
    stream.on('error', () => {}); // each write is told of its own error
  }

  /**
   * Writes all that a source gives.
   *
   * Errors: an Error with the host's code: EPIPE when nobody reads any more, ENOSPC and so on.
   */
  async pump(source: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const chunk of source) await this.write(this.#filter?.write(chunk) ?? chunk);
    const rest = this.#filter?.end();
    if (rest !== undefined && rest.length > 0) await this.write(rest);
  }

  /** Writes bytes of our own. Errors: as pump. */
  write(bytes: Uint8Array | string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#stream.write(bytes, (error) => {
        if (error) return reject(error);
        this.taken += bytes.length;
        resolve();
      });
    });
  }
}

/** Gives a guest what the process reads, until the guest wants no more. */
export async function feed(input: ByteInput): Promise<void> {
  try {
    for await (const chunk of process.stdin) if (!(await input.writeAll(chunk as Uint8Array))) break;
  } catch {
    // Ours cannot be read (a directory, say): which is its end.
  }
  input.close();
}

/** All of stdin. */
export async function readStdin(): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}

/** Whether stdout and stderr are one and the same file, pipe or terminal, so that the order between them shows. */
export function isOutputJoined(): boolean {
  try {
    const [out, err] = [fstatSync(1), fstatSync(2)];
    return out.ino === err.ino && out.dev === err.dev && out.rdev === err.rdev;
  } catch {
    return false;
  }
}
