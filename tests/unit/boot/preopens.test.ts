import { describe, expect, test } from 'vitest';
import { preopensFor, workingDirectory } from '../../../runtime/boot/preopens.ts';

const root = { name: '/', path: '/' };

describe('preopened directories', () => {
  test('the whole tree comes first, then what was asked for, in order', () => {
    const named = [
      { name: 'b', path: '/b' },
      { name: '/a', path: '/a' },
    ];
    expect(preopensFor(named, ['dev', 'tmp'], [])).toEqual([root, ...named]);
  });

  test('the root as working directory needs nothing else', () => {
    expect(preopensFor(workingDirectory('/'), ['dev', 'tmp'], [])).toEqual([root]);
  });

  test.each(['.', './', '/', '//', './.'])('the name %j hides the root, so the top directories are named', (name) => {
    const named = [{ name, path: '/mnt/0' }];
    expect(preopensFor(named, ['dev', 'tmp'], [])).toEqual([
      root,
      ...named,
      { name: '/dev', path: '/dev' },
      { name: '/tmp', path: '/tmp' },
    ]);
  });

  test('a top directory is not named where the working directory has an entry of that name', () => {
    expect(preopensFor(workingDirectory('/work'), ['dev', 'tmp', 'work'], ['tmp'])).toEqual([
      root,
      { name: '.', path: '/work' },
      { name: '/dev', path: '/dev' },
      { name: '/work', path: '/work' },
    ]);
  });

  test('a top directory that was asked for by name is not named twice', () => {
    const named = [...workingDirectory('/work'), { name: 'tmp', path: '/other' }];
    expect(preopensFor(named, ['tmp'], []).map(({ path }) => path)).toEqual(['/', '/work', '/other']);
  });
});
