// What a side of the channel learns from its spins.

import { describe, expect, it } from 'vitest';
import { SpinBudget, WorkBudget } from '../../../runtime/channel/wait-policy.ts';

const LONGEST = 0.05;

/** Waits until one may spin. @returns how many might not */
function sleepsUntilSpin(budget: SpinBudget | WorkBudget): number {
  for (let sleeps = 0; ; sleeps++) if (budget.next() > 0) return sleeps;
}

describe('a spin budget', () => {
  it('never ends when polling, and is never there when parking', () => {
    const [poll, park] = [new SpinBudget('poll'), new SpinBudget('park')];
    for (let i = 0; i < 100; i++) {
      expect([poll.next(), park.next()]).toEqual([Number.POSITIVE_INFINITY, 0]);
      poll.failed();
      park.failed();
    }
  });

  it('halves with each spin that fails, until a wait sleeps at once', () => {
    const budget = new SpinBudget('adaptive', () => 0);
    const spins: number[] = [];
    for (let spin = budget.next(); spin > 0 && spins.length < 10; spin = budget.next()) {
      spins.push(spin);
      budget.failed();
    }
    expect(spins).toEqual([LONGEST, LONGEST / 2, LONGEST / 4, LONGEST / 8, LONGEST / 16]);
  });

  it('tries a full spin now and then, and grows again from half of one', () => {
    let nowMs = 1000;
    const budget = new SpinBudget('adaptive', () => nowMs);
    for (let i = 0; i < 20; i++) budget.failed();
    // The first of them: none was tried yet.
    expect(sleepsUntilSpin(budget)).toBe(0);
    budget.failed();
    for (let round = 0; round < 3; round++) {
      expect(sleepsUntilSpin(budget)).toBe(127);
      budget.failed();
    }
    expect(sleepsUntilSpin(budget)).toBe(127);
    for (const spin of [LONGEST / 2, LONGEST, LONGEST]) {
      budget.succeeded();
      expect(budget.next()).toBe(spin);
    }
    for (let i = 0; i < 20; i++) budget.failed();
    nowMs += 2.9;
    expect(budget.next()).toBe(0);
    // Long waits: it does not take as many of them.
    nowMs += 0.2;
    expect(budget.next()).toBe(LONGEST);
  });
});

describe('a budget for work', () => {
  it('spins in full until the misses outweigh', () => {
    const budget = new WorkBudget('adaptive');
    const full = budget.next();
    expect(full).toBeGreaterThan(0);
    for (let round = 0; round < 20; round++) {
      for (let miss = 0; miss < 3; miss++) {
        budget.failed();
        expect(budget.next()).toBe(full);
      }
      for (let hit = 0; hit < 3; hit++) budget.succeeded();
    }
    for (let miss = 0; miss < 4; miss++) budget.failed();
    expect(budget.next()).toBe(0);
  });

  it('tries again now and then, and believes one that finds something', () => {
    const budget = new WorkBudget('adaptive');
    for (let miss = 0; miss < 50; miss++) budget.failed();
    for (let round = 0; round < 3; round++) {
      expect(sleepsUntilSpin(budget)).toBe(31);
      budget.failed();
    }
    expect(sleepsUntilSpin(budget)).toBe(31);
    budget.succeeded();
    expect(sleepsUntilSpin(budget)).toBe(0);
  });

  it('never ends when polling, and is never there when parking', () => {
    expect(new WorkBudget('poll').next()).toBe(Number.POSITIVE_INFINITY);
    expect(new WorkBudget('park').next()).toBe(0);
  });
});
