// The guest `fileops` (tests/guests), one operation at a time: so that a test can change things between a program's calls.

import type { GuestProcess, Machine, SpawnOptions } from '../../runtime/index.ts';
import { guestPath } from './built.ts';

export class FileOperations {
  readonly process: GuestProcess;
  readonly #lines: AsyncGenerator<Uint8Array, void, undefined>;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array | string>;
  #text = '';

  private constructor(process: GuestProcess) {
    this.process = process;
    this.#writer = process.stdin.getWriter();
    this.#lines = process.output('stdout');
  }

  static async start(machine: Machine, options: SpawnOptions = {}): Promise<FileOperations> {
    return new FileOperations(await machine.spawn(guestPath('fileops'), options));
  }

  /** Runs one operation. @returns the program's answer */
  async run(...words: readonly (string | number)[]): Promise<string> {
    await this.#writer.write(`${words.join('\t')}\n`);
    const decoder = new TextDecoder();
    while (!this.#text.includes('\n')) {
      const { value, done } = await this.#lines.next();
      if (done === true || value === undefined) throw new Error('the program has ended');
      this.#text += decoder.decode(value);
    }
    const end = this.#text.indexOf('\n');
    const line = this.#text.slice(0, end);
    this.#text = this.#text.slice(end + 1);
    return line;
  }

  async end(): Promise<number> {
    await this.#writer.close();
    return (await this.process.exit).exitCode;
  }
}
