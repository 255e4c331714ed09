// What the JSON file of a test of wasi-testsuite means, in both of its forms.

import { describe, expect, test } from 'vitest';
import { parseSpecification } from '../../conformance/specification.ts';

const PLAIN = {
  args: [],
  env: {},
  directories: [],
  stdin: '',
  keepsStdinOpen: false,
  exitCode: 0,
  stdout: '',
  stderr: '',
};

function parse(json: unknown): ReturnType<typeof parseSpecification> {
  return parseSpecification(JSON.stringify(json));
}

test('no file means: run it, it must end with status 0', () => {
  expect(parseSpecification(undefined)).toEqual({ runs: [PLAIN] });
  expect(parse({})).toEqual({ runs: [PLAIN] });
});

describe('single keys', () => {
  test('say what to start it with and what to expect', () => {
    const json = { args: ['a', 'b'], env: { K: 'v' }, dirs: ['d'], exit_code: 33, stdout: 'out', stderr: 'err' };
    expect(parse(json)).toEqual({
      runs: [
        {
          ...PLAIN,
          ...{ args: ['a', 'b'], env: { K: 'v' }, exitCode: 33, stdout: 'out', stderr: 'err' },
          directories: [{ path: 'd', name: 'd' }],
        },
      ],
    });
  });

  test('root is a directory that stands at /', () => {
    expect(parse({ root: 'd' })).toEqual({ runs: [{ ...PLAIN, directories: [{ path: 'd', name: '/' }] }] });
    expect(parse({ root: null })).toEqual({ runs: [PLAIN] });
  });
});

describe('operations', () => {
  test('may be missing', () => {
    expect(parse({ proposals: [] })).toEqual({ runs: [PLAIN] });
  });

  test('run, write, read and wait are one run', () => {
    const operations = [
      { type: 'run', args: ['a'], env: { K: 'v' }, root: 'd' },
      { type: 'write', id: 'stdin', payload: 'in' },
      { type: 'read', payload: 'out' },
      { type: 'read', id: 'stdout', payload: ' more' },
      { type: 'read', id: 'stderr', payload: 'err' },
      { type: 'wait', exit_code: 1 },
      { type: 'run' },
      { type: 'wait' },
    ];
    expect(parse({ operations })).toEqual({
      runs: [
        {
          ...{ args: ['a'], env: { K: 'v' }, directories: [{ path: 'd', name: '/' }] },
          ...{ stdin: 'in', keepsStdinOpen: false, exitCode: 1, stdout: 'out more', stderr: 'err' },
        },
        PLAIN,
      ],
    });
  });

  test.each([
    [{ proposals: ['http'] }, 'needs the proposal http'],
    [{ operations: [], servers: [] }, 'needs servers to connect to'],
    [{ operations: [], world: 'wasi:http/service' }, 'is written for the world wasi:http/service'],
    [{ operations: [{ type: 'run' }, { type: 'connect' }, { type: 'wait' }] }, 'needs the operation connect'],
  ])('%j is skipped', (json, skip) => {
    expect(parse(json)).toEqual({ skip });
  });
});

test.each([
  ['{', /JSON/],
  ['[]', 'it is no object'],
  ['{"arguments": []}', 'it has an unknown key arguments'],
  ['{"operations": [], "args": []}', 'it has an unknown key args'],
  ['{"args": "a"}', 'args is no list'],
  ['{"args": [1]}', 'args is no text'],
  ['{"env": {"K": 1}}', 'env.K is no text'],
  ['{"env": []}', 'env is no object'],
  ['{"root": 1}', 'root is no text'],
  ['{"exit_code": "0"}', 'exit_code is no whole number'],
  ['{"operations": [{"type": "wait"}]}', 'an operation wait comes before run'],
  ['{"operations": [{"type": "run"}]}', 'an operation run has no wait'],
  ['{"operations": [{"type": "run"}, {"type": "run"}]}', 'an operation run has no wait'],
  ['{"operations": [{"type": "run"}, {"type": "read", "id": "stdin"}]}', 'an operation read is of stdin'],
  ['{"operations": [{"type": "run"}, {"type": "write", "id": "stdout"}]}', 'an operation write is of stdout'],
])('%s cannot be used, and says why', (text, reason) => {
  const parsed = parseSpecification(text);
  expect(Object.keys(parsed)).toEqual(['invalid']);
  if ('invalid' in parsed) expect(parsed.invalid).toMatch(reason);
});
