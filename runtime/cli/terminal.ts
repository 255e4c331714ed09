// What a guest prints, made safe for a terminal. A terminal obeys control sequences: it can be told to change its title,
// fill the clipboard, or answer with bytes that the next command reads as typed. Colours, moves of the cursor and erasing
// pass; everything else is shown instead of obeyed. Pipes and files get a guest's bytes as they are.
//
// Passes: \t \n \r \b \a; ESC [ … m (colours, bold); ESC [ … A to H, f (cursor), J, K (erase), ESC [ ? 25 h or l (show or
// hide the cursor). Shown: other controls as ^X, those of C1 (U+0080 to U+009F, or a bare byte) as \xNN.
// See: ECMA-48; XTerm Control Sequences.

const BELL = 0x07;
const CARRIAGE_RETURN = 0x0d;
const ESCAPE = 0x1b;
const DELETE = 0x7f;
/** The first byte of U+0080 to U+00BF in UTF-8; held back until the next one tells which. */
const C1_LEAD = 0xc2;
const PASSED_CONTROLS: ReadonlySet<number> = new Set([BELL, 0x08, 0x09, 0x0a, CARRIAGE_RETURN]);
const PASSED_SEQUENCE = /^\[(?:[\d;:]*m|[\d;]*[ABCDEFGHfJK]|\?25[hl])$/;
/** Longer than any sequence that passes. */
const SEQUENCE_MAX = 64;

export class TerminalFilter {
  /** A sequence under way, without its ESC. */
  #sequence: string | undefined;
  /** Bytes that the character under way still needs. */
  #rest = 0;
  #lead = 0;

  /** The next bytes as they may be printed. What is under way at the end of `bytes` is kept for the next call. */
  write(bytes: Uint8Array): Uint8Array {
    if (this.#sequence === undefined && this.#rest === 0 && isPlain(bytes)) return bytes;
    const out: number[] = [];
    for (const byte of bytes) this.#take(byte, out);
    return Uint8Array.from(out);
  }

  /** What was under way when the guest ended. */
  end(): Uint8Array {
    const out: number[] = [];
    this.#giveUp(out);
    return Uint8Array.from(out);
  }

  #take(byte: number, out: number[]): void {
    if (this.#sequence !== undefined) return this.#takeOfSequence(byte, this.#sequence, out);
    if (this.#rest > 0) {
      if (byte >= 0x80 && byte < 0xc0) return this.#takeOfCharacter(byte, out);
      // The character stays incomplete; the terminal shows that in its own way.
      this.#rest = 0;
      if (this.#lead === C1_LEAD) out.push(C1_LEAD);
    }
    if (byte === ESCAPE) this.#sequence = '';
    else if (byte < 0x20 && !PASSED_CONTROLS.has(byte)) push(out, `^${String.fromCharCode(byte + 0x40)}`);
    else if (byte === DELETE) push(out, '^?');
    else if (byte >= 0x80 && byte < 0xa0) push(out, `\\x${byte.toString(16)}`);
    else this.#begin(byte, out);
  }

  /** A byte that begins a character. */
  #begin(byte: number, out: number[]): void {
    this.#rest = byte < 0xc2 ? 0 : byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : byte < 0xf5 ? 3 : 0;
    this.#lead = byte;
    if (byte !== C1_LEAD) out.push(byte);
  }

  #takeOfCharacter(byte: number, out: number[]): void {
    this.#rest--;
    if (this.#lead !== C1_LEAD) out.push(byte);
    else if (byte < 0xa0) push(out, `\\x${byte.toString(16)}`);
    else out.push(C1_LEAD, byte);
  }

  #takeOfSequence(byte: number, before: string, out: number[]): void {
    const isMiddle = byte >= 0x20 && byte < 0x40;
    const isWithin = before === '' ? byte === 0x5b : isMiddle && before.length < SEQUENCE_MAX;
    if (isWithin) {
      this.#sequence = before + String.fromCharCode(byte);
      return;
    }
    const sequence = before + String.fromCharCode(byte);
    if (!PASSED_SEQUENCE.test(sequence)) {
      this.#giveUp(out);
      return this.#take(byte, out);
    }
    this.#sequence = undefined;
    push(out, `\x1b${sequence}`);
  }

  /** Shows a sequence that does not pass. */
  #giveUp(out: number[]): void {
    if (this.#sequence !== undefined) push(out, `^[${this.#sequence}`);
    this.#sequence = undefined;
  }
}

function isPlain(bytes: Uint8Array): boolean {
  return bytes.every((byte) => (byte >= 0x20 && byte < DELETE) || PASSED_CONTROLS.has(byte));
}

function push(out: number[], text: string): void {
  for (let i = 0; i < text.length; i++) out.push(text.charCodeAt(i));
}
