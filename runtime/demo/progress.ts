// Progress on stderr: on a terminal one line that is written over until it is final, elsewhere only final lines.

const ERASE = '\r\x1b[2K';

export class Progress {
  readonly #stream: NodeJS.WriteStream;
  readonly #isTerminal: boolean;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    this.#isTerminal = stream.isTTY === true;
  }

  /** Shows what is being done. */
  update(line: string): void {
    // A line that wraps could not be written over.
    if (this.#isTerminal) this.#stream.write(ERASE + line.slice(0, (this.#stream.columns || 80) - 1));
  }

  /** Shows what is done, for good, in place of the line that was updated. */
  note(line: string): void {
    this.#stream.write(`${this.#isTerminal ? ERASE : ''}${line}\n`);
  }
}
