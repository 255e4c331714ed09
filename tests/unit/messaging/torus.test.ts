// Where ranks are in a torus of nodes: every rank has a place of its own, and is found there, in every order.

import { expect, test } from 'vitest';
import { COORDINATES, torusFor } from '../../../personalities/messaging/index.ts';
import { coordinatesOf, rankAt, type Torus } from '../../../personalities/messaging/torus.ts';

function placesOf(torus: Torus | undefined, ranks: number): string[] {
  if (torus === undefined) return [];
  return Array.from({ length: ranks }, (_, rank) => coordinatesOf(torus, rank).join(','));
}

function permutationsOf(letters: string): string[] {
  if (letters.length < 2) return [letters];
  return [...letters].flatMap((letter) => permutationsOf(letters.replace(letter, '')).map((rest) => letter + rest));
}

test('of the letters of a mapping the last one grows first', () => {
  const shape = [2, 1, 1, 1, 2];
  expect(placesOf(torusFor(8, { shape }), 5)).toEqual([
    '0,0,0,0,0,0',
    '0,0,0,0,0,1',
    '0,0,0,0,1,0',
    '0,0,0,0,1,1',
    '1,0,0,0,0,0',
  ]);
  const mapping = 'TABCDE';
  expect(placesOf(torusFor(8, { shape, mapping }), 5)).toEqual([
    '0,0,0,0,0,0',
    '0,0,0,0,1,0',
    '1,0,0,0,0,0',
    '1,0,0,0,1,0',
    '0,0,0,0,0,1',
  ]);
});

test('in every order each rank has a place, at which it is found', () => {
  const orders = permutationsOf(COORDINATES);
  expect(orders).toHaveLength(720);
  for (const mapping of orders) {
    const torus: Torus = { shape: [2, 3, 1, 2, 1], ranksPerNode: 2, mapping };
    expect(new Set(placesOf(torus, 24)).size).toBe(24);
    for (let rank = 0; rank < 24; rank++) expect(rankAt(torus, coordinatesOf(torus, rank))).toBe(rank);
  }
});

test.each([
  [7, {}, [1, 1, 1, 1, 1], 7],
  [7, { ranksPerNode: 2 }, [2, 2, 1, 1, 1], 2],
  [32, { ranksPerNode: 1 }, [2, 2, 2, 2, 2], 1],
  [7, { shape: [1, 2, 1, 1, 1] }, [1, 2, 1, 1, 1], 4],
  [3, { shape: [2, 2, 1, 1, 1], ranksPerNode: 16 }, [2, 2, 1, 1, 1], 16],
])('%i ranks, of %o asked for', (ranks, request, shape, ranksPerNode) => {
  expect(torusFor(ranks, request)).toEqual({ shape, ranksPerNode, mapping: 'ABCDET' });
});

test('more ranks than places have no torus', () => {
  expect(torusFor(5, { shape: [2, 1, 1, 1, 1], ranksPerNode: 2 })).toBeUndefined();
});
