// The checks of what callers give, held to the words of node:fs.

import { open, rename } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import {
  checkInteger,
  checkKnown,
  checkOneOf,
  checkString,
  invalidType,
  nearest,
} from '../../../runtime/machine/values/arguments.ts';

async function failureOf(action: () => unknown): Promise<Error & { code?: string }> {
  try {
    await action();
  } catch (error) {
    return error as Error & { code?: string };
  }
  throw new Error('it did not fail');
}

describe('errors are worded as Node words them', () => {
  it.each([5, 5n, undefined, null, true, {}, [], new Map(), () => {}, Object.create(null), Symbol('x')])(
    'a wrong type: %s',
    async (value) => {
      const node = await failureOf(() => rename(value as string, '/nowhere'));
      const ours = invalidType('oldPath', 'of type string or an instance of Buffer or URL', value);
      expect(ours).toMatchObject({ code: node.code, name: node.name });
      expect(ours.message).toBe(node.message.replace('[Object: null prototype] {}', 'an object'));
    },
  );

  it('a number out of range', async () => {
    const node = await failureOf(() => open('/nowhere', 'r', 2 ** 40));
    const ours = await failureOf(() => checkInteger('mode', 2 ** 40, 0, 4294967295));
    expect(ours).toMatchObject({ code: node.code, name: node.name });
    expect(ours.message.replaceAll('_', '')).toBe(node.message.replaceAll('_', ''));
  });

  it('shows the code in the stack', async () => {
    expect((await failureOf(() => checkString('path', undefined))).stack).toMatch(
      /^TypeError \[ERR_INVALID_ARG_TYPE\]: The/,
    );
  });
});

describe('unknown properties', () => {
  const known = ['timeoutMs', 'appCores', 'args', 'env'];

  it('names the one that was probably meant', () => {
    expect(() => checkKnown('options', { timeout: 200 }, known)).toThrow('"timeout"; did you mean timeoutMs?');
    expect(() => checkKnown('options', { appcores: 2 }, known)).toThrow('did you mean appCores?');
    expect(() => checkKnown('options', { timoutMs: 2 }, known)).toThrow('did you mean timeoutMs?');
  });

  it('lists what there is when none is near', () => {
    expect(() => checkKnown('options', { colour: 1 }, known)).toThrow('known are timeoutMs, appCores, args, env');
    expect(nearest('x', known)).toBeUndefined();
  });

  it('takes nothing but objects', () => {
    for (const value of [null, undefined, 5, 'text', [], () => {}])
      expect(() => checkKnown('options', value, known)).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }),
      );
    expect(() => checkKnown('options', {}, known)).not.toThrow();
  });
});

it('a value that is none of the allowed ones', () => {
  expect(() => checkOneOf('placement', 'cnc', ['cnk', 'linux'])).toThrow(
    "The argument 'placement' must be one of: 'cnk', 'linux'. Received 'cnc'",
  );
});
