import { describe, expect, test } from 'vitest';
import { preopensFor, workingDirectory } from '../../../runtime/machine/process/preopens.ts';

const root = { name: '/', path: '/' };

describe('preopened directories', () => {
  test('what was asked for comes first, in order, then the whole tree', () => {
    const named = [
      { name: 'b', path: '/b' },
      { name: '/a', path: '/a' },
    ];
    expect(preopensFor(named, ['dev', 'tmp'], [])).toEqual([...named, root]);
  });

  test('the root as working directory needs nothing else', () => {
    expect(preopensFor(workingDirectory('/'), ['dev', 'tmp'], [])).toEqual([root]);
  });

  test.each(['.', './', '/', '//', './.'])('the name %j comes first and hides the root', (name) => {
    const other = { name: 'in', path: '/in' };
    const working = { name, path: '/mnt/0' };
    expect(preopensFor([other, working], ['dev', 'tmp'], [])).toEqual([
      working,
      other,
      { name: '/dev', path: '/dev' },
      { name: '/tmp', path: '/tmp' },
    ]);
  });

  test.each([
    ['.', '/'],
    ['/', '.'],
    ['in', 'in'],
    ['./in', '/in'],
  ])('of %j and %j the last wins, and no name stands twice', (first, last) => {
    const preopens = preopensFor(
      [
        { name: first, path: '/mnt/0' },
        { name: last, path: '/mnt/1' },
      ],
      [],
      [],
    );
    expect(preopens[0]).toEqual({ name: last, path: '/mnt/1' });
    expect(preopens.filter(({ path }) => path === '/mnt/0')).toEqual([]);
  });

  test('the root by another name is open once', () => {
    expect(preopensFor([{ name: '.', path: '/' }], ['dev'], [])).toEqual([{ name: '.', path: '/' }]);
  });

  test('a top directory is not named where the working directory has an entry of that name', () => {
    expect(preopensFor(workingDirectory('/work'), ['dev', 'tmp', 'work'], ['tmp'])).toEqual([
      { name: '.', path: '/work' },
      { name: '/dev', path: '/dev' },
      { name: '/work', path: '/work' },
    ]);
  });

  test('a top directory that was asked for by name is not named twice', () => {
    const named = [...workingDirectory('/work'), { name: 'tmp', path: '/other' }];
    expect(preopensFor(named, ['tmp'], []).map(({ path }) => path)).toEqual(['/work', '/other']);
  });
});
