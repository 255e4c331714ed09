// What build systems ask a compiler of MPI for.

import { expect, test } from 'vitest';
import { answerOf } from '../../../runtime/toolchain/mpi.ts';

test.each([
  ['-showme:compile', '\n'],
  ['-showme:incdirs', '\n'],
  ['-showme:link', '-lmpi\n'],
  ['--showme:libs', 'mpi\n'],
  ['-show', 'fusedos cc -lmpi\n'],
])('%s is answered', (question, answer) => {
  expect(answerOf('mpicc', [question])).toBe(answer);
});

test('the whole command line is that of the plain compiler with the library', () => {
  expect(answerOf('mpic++', ['-O2', 'ring.cpp', '-showme', '-o', 'ring'])).toBe(
    'fusedos c++ -O2 ring.cpp -o ring -lmpi\n',
  );
});

test('a command line that asks nothing is for the compiler', () => {
  expect(answerOf('mpicc', ['-c', 'show.c'])).toBeUndefined();
});
