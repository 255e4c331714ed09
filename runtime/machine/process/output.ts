// What a guest wrote to a descriptor, collected: bytes first, text when asked.

import { concatenate } from '../../memory/concatenate.ts';

export class Output {
  readonly bytes: Uint8Array<ArrayBuffer>;

  constructor(chunks: readonly Uint8Array[]) {
    this.bytes = concatenate(chunks);
  }

  /** As UTF-8; what is not becomes U+FFFD. */
  text(): string {
    return new TextDecoder().decode(this.bytes);
  }

  /** The lines without their ends; a last line needs none. */
  lines(): string[] {
    const lines = this.text().split('\n');
    if (lines.at(-1) === '') lines.pop();
    return lines;
  }

  toString(): string {
    return this.text();
  }
}
