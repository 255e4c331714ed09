// The unit programs of arjunr2/WALI, and the programs that it has compiled: Lua and SQLite. A unit program says in comments with which
// arguments it runs, and has a second program that makes the files that it finds. See: tests/README.md of the suite.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CompiledTest, ProgramRun } from './compiled.ts';

const UNIT = 'tests/unit';
const COMMON = 'tests/common';

/** Calls that come with processes, pipes, sockets and events: what makes them is not served yet. */
const NOT_YET: readonly (readonly [RegExp, string])[] = [
  [/SYS_(v?fork|execve|clone|wait4)\b|wali_syscall_(fork|wait4)\b/, 'needs processes'],
  [/SYS_(epoll|eventfd)/, 'needs events'],
  [
    /SYS_(socket|bind|accept|connect|listen|send|recv|getsock|setsock|getpeer|shutdown)|wali_syscall_(socket|bind)\b/,
    'needs sockets',
  ],
  [/SYS_pipe2?\b|wali_syscall_pipe2?\b/, 'needs pipes'],
  [/SYS_chroot\b/, 'needs chroot'],
];

/** Why a test fails that does. */
export const WALI_FAILURES: Readonly<Record<string, string>> = {
  msync: 'a file that is mapped to be shared can only be read',
  setsid: 'a program leads its process group, as a job of a shell does',
};

/** What a run ends by on Linux itself, where that is not 0: what it tries is refused there too, or does not compile to what it means. */
const STATUSES: Readonly<Record<string, number>> = {
  'chown /tmp/chown_missing -1 -1': 1,
  'faccessat2 exists /tmp/faccessat2_test': 255,
  'faccessat2 not_exists /tmp/faccessat2_noexist': 255,
  'fchown bad_fd /tmp/none -1 -1': 1,
  'fchown negative /tmp/none -1 -1': 1,
  'fchownat missing /tmp/fchownat_miss -1 -1': 1,
  'flock bad_op /tmp/flock_d': 255,
  'setrlimit raise_above_hard': 1,
};

/** @returns none when it is no checkout of WALI */
export function readWali(checkout: string): CompiledTest[] {
  const unit = join(checkout, UNIT);
  if (!existsSync(unit)) return [];
  const names = readdirSync(unit)
    .filter((file) => file.endsWith('.c'))
    .map((file) => file.slice(0, -'.c'.length));
  return [...names.sort().map((name) => readUnit(checkout, name)), ...precompiled(checkout)];
}

function readUnit(checkout: string, name: string): CompiledTest {
  const source = join(checkout, UNIT, `${name}.c`);
  const text = readFileSync(source, 'utf8');
  const common = join(checkout, COMMON);
  const flags = [`-I${common}`, '-O1', '-w'];
  return {
    suite: 'WALI, unit programs',
    name,
    skip: NOT_YET.find(([needs]) => needs.test(text))?.[1],
    sources: [source],
    flags: [
      ...flags,
      '-nostartfiles', // No handler of a signal is number 1 of the table then, which is SIG_IGN.
      '-Wl,--no-entry,--allow-undefined,--table-base=2',
    ],
    hooks: { sources: [join(common, 'hooks_main.c'), source], flags: [...flags, '-DWALI_TEST_WRAPPER'] },
    runs: readRuns(text, name),
  };
}

function readRuns(text: string, name: string): ProgramRun[] {
  const lines = text.split('\n').filter((line) => line.startsWith('// CMD:'));
  if (lines.length === 0) return [{ args: [], setup: [], cleanup: [] }];
  return lines.map((line) => {
    const fields: Record<string, string[]> = {};
    for (const [, key = '', value = ''] of line.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) fields[key] = words(value);
    const { args = [], setup = [], cleanup = [], env = [] } = fields;
    return {
      args,
      setup,
      cleanup: cleanup.length === 0 ? setup : cleanup,
      env: Object.fromEntries(env.map((word) => [word.split('=')[0] ?? '', word.slice(word.indexOf('=') + 1)])),
      // That program ends by what it is told to.
      status: name === 'exit_group' ? Number(args[0]) : (STATUSES[[name, ...args].join(' ')] ?? 0),
    };
  });
}

/** As a shell takes them apart. */
function words(text: string): string[] {
  const found = text.matchAll(/(?:[^\s'"\\]|\\.|'[^']*'|"[^"]*")+/g);
  return [...found].map(([word]) => word.replace(/'([^']*)'|"([^"]*)"|\\(.)/g, (_, a, b, c) => a ?? b ?? c ?? ''));
}

const SQL = `create table t(a integer primary key, b text);
insert into t(b) values('one'),('two'),('three');
select a, b from t where b like 't%' order by b;
with recursive n(i) as (select 1 union all select i + 1 from n where i < 1000) select sum(i) from n;
`;
const LUA = `local t = {} for i = 1, 1000 do t[i] = (i * 7919) % 1000 end table.sort(t) local s = 0
for i, v in ipairs(t) do s = s + i * v end print(s, #t, string.format('%.3f', 2 ^ 0.5), ('abc'):rep(3))
local f = io.open('/tmp/wali-lua.txt', 'w') f:write('written by Lua') f:close()
for line in io.lines('/tmp/wali-lua.txt') do print(line) end os.remove('/tmp/wali-lua.txt')
`;

function precompiled(checkout: string): CompiledTest[] {
  const suite = 'WALI, precompiled programs';
  const at = (path: string): string => join(checkout, 'examples/precompiled', path);
  const none = existsSync(at('lua/lua.wasm')) ? undefined : 'is not there';
  return [
    {
      suite,
      name: 'lua.wasm',
      skip: none,
      sources: [at('lua/lua.wasm')],
      flags: [],
      runs: [
        { args: ['-e', LUA], stdout: '333333000\t1000\t1.414\tabcabcabc\nwritten by Lua\n' },
        { args: ['-'], stdin: 'print(1 + 1)\n', stdout: '2\n' },
      ],
    },
    {
      suite,
      name: 'sqlite3.wasm',
      skip: none,
      sources: [at('sqlite/sqlite3.wasm')],
      flags: [],
      runs: [
        { args: [':memory:'], stdin: SQL, stdout: '3|three\n2|two\n500500\n' },
        { args: ['/tmp/wali.db', 'create table t(a); insert into t values(42);'], stdout: '' },
        { args: ['/tmp/wali.db', 'select a + 1 from t;'], stdout: '43\n' },
      ],
    },
  ];
}
