// What a benchmark gives: figures, each a ratio or share within one run, and whether it reaches its target.

import { summarize } from '../../runtime/bench/statistics.ts';

export interface Figure {
  /** What is measured, in the words of the table of targets. */
  readonly what: string;
  readonly target: string;
  /** Absent when it was not measured. */
  readonly measured?: {
    readonly median: number;
    readonly p10: number;
    readonly p90: number;
    readonly unit: '×' | '%' | 'KiB a run' | 'µs a call';
  };
  readonly reached: boolean;
  /** Why it was not measured. */
  readonly skipped?: string;
  /** What else a reader wants to know. */
  readonly detail?: string;
}

/** A group of figures that share what they need; runs in a process of its own. */
export interface Bench {
  readonly name: string;
  run(environment: Environment): Promise<Figure[]>;
}

export interface Environment {
  readonly runtime: typeof import('../../runtime/index.ts');
  readonly bench: typeof import('../../runtime/bench/index.ts');
  /** The built package. */
  readonly dist: URL;
  readonly quick: boolean;
  /** Tells how far it is. */
  progress(text: string): void;
}

export interface Target {
  readonly what: string;
  /** Reached when the median is at most, or at least, so much. */
  readonly most?: number;
  readonly least?: number;
  /** Reached only when the median is really below `most`. */
  readonly isStrict?: boolean;
  readonly detail?: string;
}

/** @param ratios one a round */
export function ratioFigure(target: Target, ratios: ArrayLike<number>): Figure {
  const { p10, p50, p90 } = summarize(ratios);
  return {
    what: target.what,
    target: targetText(target),
    measured: { median: p50, p10, p90, unit: '×' },
    reached: isReached(target, p50),
    ...(target.detail === undefined ? {} : { detail: target.detail }),
  };
}

export function skippedFigure(target: Target, reason: string): Figure {
  return { what: target.what, target: targetText(target), reached: false, skipped: reason };
}

export function isReached({ most, least, isStrict = false }: Target, value: number): boolean {
  if (most !== undefined && !(isStrict ? value < most : value <= most)) return false;
  return least === undefined || value >= least;
}

function targetText({ most, least, isStrict = false }: Target): string {
  if (most !== undefined) return `${isStrict ? '<' : '≤'} ${most} ×`;
  return `≥ ${least} ×`;
}

/** The ratio of each pair; rounds that one side lacks are left out. */
export function pairwise(over: readonly number[], under: readonly number[]): number[] {
  return over.slice(0, under.length).map((value, i) => value / (under[i] ?? Number.NaN));
}
