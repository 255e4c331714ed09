// Sources that do not compile, told as data.

import type { Diagnostic } from '../../toolchain/sources/messages.ts';

/** Sources that do not compile. */
export class CompileError extends Error {
  override readonly name = 'CompileError';
  readonly code = 'ERR_FUSEDOS_COMPILE';
  /** What the compiler found, warnings too, in its order. */
  readonly diagnostics: readonly Diagnostic[];
  /** All that the compiler wrote, for people. */
  readonly text: string;

  constructor(diagnostics: readonly Diagnostic[], text: string) {
    super(messageOf(diagnostics, text));
    this.diagnostics = diagnostics;
    this.text = text;
  }
}

/** The first error, and how many there are. */
function messageOf(diagnostics: readonly Diagnostic[], text: string): string {
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  if (first === undefined) return `the sources do not compile: ${text.trim() || 'the compiler does not say why'}`;
  const { file, line, column, message } = first;
  const place = file === undefined ? '' : `${file}:${line}:${column}: `;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  return `${place}${message}${more}`;
}
