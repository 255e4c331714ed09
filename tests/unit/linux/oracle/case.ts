// Cases of system calls: steps of a few processes, written as lines, that run on the host (oracle.c) and on ours (ours.ts).
// A step is `X command arguments…`, X one of A to D. oracle.c lists the commands; flags and modes are octal.

import { errnoName } from '../../../../runtime/abi/errno.ts';

export interface Case {
  readonly name: string;
  readonly steps: readonly string[];
  /** Why ours answers something else than Linux, on purpose. */
  readonly differs?: string;
}

/** @param lines steps, separated by line ends or `;` */
export function oracleCase(name: string, lines: string): Case {
  const steps = lines
    .split(/[;\n]/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return { name, steps };
}

/** A case as text, a step a line, errnos by name. */
export function render({ name, steps }: Case, answers: readonly string[]): string {
  const width = Math.max(...steps.map((step) => step.length));
  const lines = steps.map((step, i) => `  ${step.padEnd(width)}  → ${named(answers[i] ?? 'nothing')}`);
  return [name, ...lines, ''].join('\n');
}

function named(answer: string): string {
  return answer.replace(
    /(^|=)-(\d+)(?= [A-D]=|$)/g,
    (_all, before: string, errno: string) => `${before}${errnoName(Number(errno))}`,
  );
}
