// Reads what clang and wasm-ld write for people, as data. Lines that quote a source begin with a bar, so that no source can
// pass for a diagnostic (`-fdiagnostics-show-line-numbers` sees to that); paths are those of the caller's files.

import type { Diagnostic } from './messages.ts';

const AT_A_PLACE = /^(.+?):(\d+):(\d+): (fatal error|error|warning|note|remark): (.*)$/;
const OF_A_TOOL = /^(?:clang|clang\+\+|wasm-ld|ld|llvm|cc1|ar|cc1as): (?:(fatal error|error|warning|note): )(.*)$/;
const QUOTED_SOURCE = /^ *\d* *\|/;

/** The options that make clang write what is read here, whatever the caller's own say: they come last. */
export const TEXT_OPTIONS = [
  '-fno-color-diagnostics',
  '-fdiagnostics-format=clang',
  '-fdiagnostics-show-line-numbers',
  '-fshow-column',
  '-fshow-source-location',
] as const;

export function readClangText(text: string): Diagnostic[] {
  return text.split('\n').flatMap((line): Diagnostic[] => {
    if (QUOTED_SOURCE.test(line)) return [];
    const place = AT_A_PLACE.exec(line);
    if (place !== null) {
      const [, file = '', row, column, severity = '', message = ''] = place;
      return [
        {
          file: file.replace(/^\.\//, ''),
          line: Number(row),
          column: Number(column),
          severity: severityOf(severity),
          message,
        },
      ];
    }
    const tool = OF_A_TOOL.exec(line);
    if (tool === null) return [];
    const [, severity = '', said = ''] = tool;
    // The linker names an object that the caller never saw.
    const message = said.replace(/^\/@fusedos\/tmp\/[^ :]+: /, '');
    return [{ file: undefined, line: undefined, column: undefined, severity: severityOf(severity), message }];
  });
}

function severityOf(word: string): Diagnostic['severity'] {
  switch (word) {
    case 'fatal error':
    case 'error':
      return 'error';
    case 'warning':
      return 'warning';
    default:
      return 'note';
  }
}
