// Renders the manual of system calls, docs/syscalls.md, from the table of calls. No second list: what a page says of a
// call stands in its row. `vitest -u tests/unit/abi/manual.test.ts` writes the file; the same test keeps it fresh.

import { isDeepStrictEqual } from 'node:util';
import { Errno, type ErrnoName, errnoName } from '../runtime/abi/errno.ts';
import { FOREIGN_MPI_ROWS } from '../runtime/abi/mpi/foreign.ts';
import { MPI_MODULE } from '../runtime/abi/mpi/function.ts';
import { NAMED_TYPES } from '../runtime/abi/named-types.ts';
import type { Param, ResultKind, Row } from '../runtime/abi/row.ts';
import { STRUCT_SIZES } from '../runtime/abi/structs.ts';
import { signatureOf, TABLE } from '../runtime/abi/table.ts';

/** The whole text of docs/syscalls.md. */
export function renderSyscallsManual(): string {
  const modules = [...new Set(TABLE.map((row) => row.module))];
  return `${[INTRODUCTION, ...modules.flatMap(renderModule)].join('\n\n')}\n`;
}

const INTRODUCTION = `# System calls

<!-- Generated from runtime/abi by tools/syscalls-doc.ts. Change the rows, not this file. -->

Every call that a guest program may import, with what serves it.

- **Home**: \`cnk\` is served in the guest's own worker under the placement \`cnk\`; \`linux\` is shipped to Linux; \`fd\` goes to
  whoever owns the descriptor. Under the placements \`fused\`, \`linux\` and \`library\` Linux serves every call, but those of
  \`core\`, which the guest's own thread serves under all.
- **Waits**: whether the call may wait for an event: bytes, room for bytes, a clock. A call that only needs the storage of a
  mounted host directory is not counted as waiting.
- **Errors** are named as on Linux; a WASI program sees WASI's numbers for them, a program of Linux's calls Linux's below zero. \`ENOTCAPABLE\` is WASI's own. A pointer is
  checked before the call has any effect: after \`EFAULT\` nothing was written and nothing has changed. A file of a mounted
  host directory passes on what its host says besides: \`EACCES\`, \`EIO\`, \`ENOSPC\`, \`EROFS\`, \`ESTALE\`.`;

function renderModule(module: Row['module']): string[] {
  const rows = TABLE.filter((row) => row.module === module && !isForeign(row));
  if (module === MPI_MODULE) return renderMpi(rows);
  const head = '| Call | Number | Home | Waits | Support | What it does |\n|---|--:|---|---|---|---|';
  const lines = rows.map(
    (row) =>
      `| [\`${row.name}\`](#${anchorOf(row)}) | ${row.number} | ${row.home} | ${yesNo(row.blocks)} | ${row.support} | ${firstSentence(row.summary)} |`,
  );
  const own = rows.filter((row) => describedBy(row) === row);
  return [
    `## Module \`${module}\``,
    ...(MODULES[module] === undefined ? [] : [MODULES[module]]),
    [head, ...lines].join('\n'),
    ...own.flatMap(renderRow),
  ];
}

/** Of another ABI of MPI: named with the functions of ours. */
function isForeign({ number }: Row): boolean {
  return FOREIGN_MPI_ROWS.some((row) => row.number === number);
}

/** MPI's standard describes its functions: what is left to say has room in a line. */
function renderMpi(rows: readonly Row[]): string[] {
  const foreign = FOREIGN_MPI_ROWS.map(({ name }) => `\`${name}\``);
  const lines = rows.map(
    ({ name, number, blocks, support, summary }) =>
      `| \`${name}\` | ${number} | ${yesNo(blocks)} | ${support} | ${summary} |`,
  );
  return [
    `## Module \`${MPI_MODULE}\``,
    MODULES[MPI_MODULE] ?? '',
    ['| Call | Number | Waits | Support | What it does |', '|---|--:|---|---|---|', ...lines].join('\n'),
    `Programs that were built for MPIWasm import from module \`env\`, with handles and constants of that ABI: ${foreign.join(', ')}.`,
  ];
}

function renderRow(row: Row): string[] {
  const { params, results } = signatureOf(row);
  const type = `(${params.join(', ')}) → (${results.join(', ')})`;
  const sections = [
    `### ${headingOf(row)}`,
    row.summary,
    `Number ${row.number}. Home: ${HOMES[row.home] ?? `\`${row.home}\``}. Waits: ${yesNo(row.blocks)}. Support: ${row.support}. Type: \`${type}\`.`,
  ];
  if (row.note !== undefined) sections.push(`Note: ${row.note}`);
  if (row.params.length > 0) sections.push(renderParams(row.params));
  sections.push(`Result: ${RESULTS[row.result]}.`);
  const errors = renderErrors(row);
  if (errors.length > 0) sections.push(errors);
  return sections;
}

function renderParams(params: readonly Param[]): string {
  const lines = params.map(
    (param) => `| \`${param.name}\` | ${param.kind} | ${param.direction ?? ''} | ${describeParam(param, params)} |`,
  );
  return ['| Parameter | Kind | Direction | What it holds |', '|---|---|---|---|', ...lines].join('\n');
}

function describeParam(param: Param, params: readonly Param[]): string {
  if (param.kind === 'fd') return 'a descriptor';
  if (param.kind === 'ptr') return describePointer(param);
  if (param.kind === 'size') return describeSize(param, params);
  if (param.type === undefined) return 'a number';
  const named = NAMED_TYPES.get(param.type);
  const unit = UNITS[param.type];
  if (named === undefined) return unit === undefined ? param.type : `${param.type}, ${unit}`;
  const values = Object.entries(named.values).map(
    ([name, value]) => `${name} ${named.form === 'enum' ? value : hex(value)}`,
  );
  if (values.length === 0) return `${param.type}: none is defined`;
  return `${param.type}, ${named.form === 'enum' ? 'one of' : 'a sum of'} ${listed(values)}`;
}

function describePointer(param: Param): string {
  if (param.to === undefined) return 'an address';
  if (param.to === 'utf16') return 'an AssemblyScript string, or null';
  if (param.to === 'string') return 'address of a string that ends in NUL';
  const size = STRUCT_SIZES[param.to];
  const unit = UNITS[param.to];
  const bytes = `${size} ${size === 1 ? 'byte' : 'bytes'}${unit === undefined ? '' : `, ${unit}`}`;
  if (param.count !== undefined) return `address of \`${param.count}\` elements \`${param.to}\` (${bytes} each)`;
  const isArray = param.to === 'u8' || param.to === 'pointer';
  return isArray ? `address of elements \`${param.to}\` (${bytes} each)` : `address of \`${param.to}\` (${bytes})`;
}

function describeSize(param: Param, params: readonly Param[]): string {
  const counted = params.filter(({ count }) => count === param.name);
  const inBytes = counted.every(({ to }) => to !== undefined && STRUCT_SIZES[to] === 1);
  const names = counted.map(({ name }) => `\`${name}\``).join(' and ');
  return `${inBytes ? 'length in bytes' : 'number of elements'} of ${names}`;
}

function renderErrors(row: Row): string {
  const names = (Object.keys(row.errors) as ErrnoName[]).sort();
  const lines = names.map((name) => `| \`${errnoName(Errno[name])}\` | ${row.errors[name]} |`);
  return lines.length === 0 ? '' : ['| Error | Cause |', '|---|---|', ...lines].join('\n');
}

/** What is said of a module before its calls. */
const MODULES: { readonly [module: string]: string } = {
  wasi_unstable: [
    'The version of WASI before preview 1, for programs that were compiled in 2019 or before. Its calls are those of preview 1',
    'but for `sock_accept`, which it lacks; errors have the same numbers. A call that has another layout or other constants has',
    'a section here, of the others the section is that of preview 1.',
  ].join('\n'),
  wali: [
    "Linux's calls, as the C library of `fusedos cc` and the programs of the WebAssembly Linux Interface make them: numbers are",
    "those of Linux on x86-64 and 256, structs are Linux's with 32-bit pointers, each result has 64 bits. A call that nothing serves",
    'yet fails with `ENOSYS`, and a trace has its name.',
  ].join('\n'),
  [MPI_MODULE]: [
    'The functions of MPI, as the library of `fusedos mpicc` imports them: a function of the C binding each, with its parameters, handles and',
    'constants being those of the standard ABI of MPI 5.0. The home of all is `messaging`, under every placement the own thread of the guest.',
    'The result is an error class, of `MPI_Wtime` and `MPI_Wtick` a number. Their descriptions are those of the MPI standard.',
  ].join('\n'),
};

/** Homes that say more than their name. */
const HOMES: { readonly [home: string]: string } = { fd: '`fd`, the owner of the descriptor' };

const RESULTS: { readonly [result in ResultKind]: string } = {
  errno: 'zero or an error number',
  value: 'a value, or an error number below zero',
  value64: 'a value in 64 bits, or an error number below zero',
  none: 'none',
  never: 'it does not return',
  number: 'a number (f64)',
};

const UNITS: { readonly [type: string]: string } = {
  timestamp: 'in nanoseconds',
  filesize: 'in bytes',
  filedelta: 'in bytes',
  dircookie: 'zero for the start, or `d_next` of an entry',
  exitcode: 'of which the low 8 bits reach the parent',
  offset: 'in bytes',
};

/** More values than this are told by the first and the last. */
const LISTED_VALUES = 8;

function listed(values: readonly string[]): string {
  if (values.length <= LISTED_VALUES) return values.join(', ');
  return `${values[0]} … ${values[values.length - 1]} (see \`runtime/abi/wasi/types.ts\`)`;
}

/** The row whose section describes a call: its own, or that of the call of the same name and parameters in another module. */
function describedBy(row: Row): Row {
  return TABLE.find((other) => other.name === row.name && isDeepStrictEqual(other.params, row.params)) ?? row;
}

/** Bare for the first call of a name. */
function headingOf(row: Row): string {
  const first = TABLE.find(({ name }) => name === row.name);
  return first === row ? row.name : `${row.module}.${row.name}`;
}

/** The anchor that the heading of its description gets on the usual hosts: lower case, dots gone. */
function anchorOf(row: Row): string {
  return headingOf(describedBy(row)).toLowerCase().replaceAll('.', '');
}

function firstSentence(text: string): string {
  const end = text.search(/[.:](\s|$)/);
  return end < 0 ? text : `${text.slice(0, end)}.`;
}

function yesNo(value: boolean): string {
  return value ? 'yes' : 'no';
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
