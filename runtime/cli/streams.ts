// The process's own stdout and stderr, where a guest's bytes have to be moved to them: pipes and terminals, whose readers may
// be slow, or go away at any time. Nothing is dropped: each side waits for the other. What else a guest has of ours is in
// host-stdio.ts.

import { fstatSync } from 'node:fs';
import { isatty } from 'node:tty';
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
   * @param failed is told of an error before the source hears that nobody takes more
   *
   * Errors: an Error with the host's code: EPIPE when nobody reads any more, ENOSPC and so on.
   */
  async pump(source: AsyncIterable<Uint8Array>, failed: (error: Error) => void): Promise<void> {
    for await (const chunk of source) {
      try {
        await this.write(this.#filter?.write(chunk) ?? chunk);
      } catch (error) {
        failed(error as Error);
        throw error;
      }
    }
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
