// The one error that the module loader raises, and the quoting of guest names inside its messages.
// Every refusal of a file, whatever is in it, is a ModuleError; anything else that leaves this folder is a bug of ours.

/** ENOEXEC: not a module that the machine runs. ENOMEM: a module that asks for more than its process may have. */
export type ModuleErrorCode = 'ENOEXEC' | 'ENOMEM';

/** A module was refused; the message is one line that says what is wrong and what to do. */
export class ModuleError extends Error {
  override readonly name = 'ModuleError';
  readonly code: ModuleErrorCode;

  constructor(code: ModuleErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

const QUOTED_CHARACTERS = 64;

/** Quotes a guest's name for a message: one line, printable ASCII, at most 64 characters of it. */
export function quoteName(name: string): string {
  let quoted = '';
  let taken = 0;
  for (const character of name) {
    if (taken++ === QUOTED_CHARACTERS) return `"${quoted}…"`;
    const code = character.codePointAt(0) ?? 0;
    const isPlain = code >= 0x20 && code < 0x7f && character !== '"' && character !== '\\';
    quoted += isPlain ? character : `\\u{${code.toString(16)}}`;
  }
  return `"${quoted}"`;
}
