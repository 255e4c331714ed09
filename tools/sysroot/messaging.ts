// MPI's library and header: what the tables of runtime/abi/mpi say, as C. A function that the host serves is a stub of a few lines, in an
// object of its own, so that a program imports what it calls; the others are sources of ours (personalities/messaging/sysroot/src).

import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import * as addresses from '../../runtime/abi/mpi/constants/addresses.ts';
import * as datatypes from '../../runtime/abi/mpi/constants/datatypes.ts';
import * as errors from '../../runtime/abi/mpi/constants/errors.ts';
import * as handles from '../../runtime/abi/mpi/constants/handles.ts';
import * as operations from '../../runtime/abi/mpi/constants/operations.ts';
import * as tools from '../../runtime/abi/mpi/constants/tools.ts';
import * as values from '../../runtime/abi/mpi/constants/values.ts';
import { MPI_CHAPTERS, MPI_EXTENSIONS, MPI_GUEST_FUNCTIONS } from '../../runtime/abi/mpi/described.ts';
import { FLOATING, MPI_MODULE, type MpiFunction, type MpiParameter } from '../../runtime/abi/mpi/function.ts';
import { HANDLE_PREFIXES } from '../../runtime/abi/mpi/types.ts';
import type { Compiler, Unit } from './compile.ts';
import { Failure } from './failure.ts';
import { digestOf, listFiles } from './tree.ts';
import { FLAGS } from './variant.ts';

const MESSAGING_SYSROOT = 'personalities/messaging/sysroot';

const LIBRARY_FLAGS = [...FLAGS, '-O3', '-msimd128', '-std=c11', '-Wall', '-Wno-parentheses', '-Werror', '-Iinclude'];

/** Kinds of objects, as functions are named after them; a datatype's handle is called otherwise. */
const OBJECTS = ['Comm', 'Group', 'Win', 'File', 'Session', 'Message', 'Info', 'Errhandler', 'Request', 'Op', 'Type'];

/** Compiles libmpi into `lib` and puts its header into `include`. @param headers the C library's, installed */
export async function buildMessaging(
  work: string,
  headers: string,
  compiler: Compiler,
  lib: string,
  include: string,
): Promise<void> {
  const tree = join(work, 'messaging');
  rmSync(tree, { recursive: true, force: true });
  cpSync(join(MESSAGING_SYSROOT, 'src'), tree, { recursive: true });
  mkdirSync(join(tree, 'include'));
  for (const [name, text] of renderStubs()) writeFileSync(join(tree, name), text);
  writeFileSync(join(tree, 'include/mpi.h'), renderHeader(readTemplate()));
  writeFileSync(join(tree, 'numbers.h'), renderNumbers());
  const unit = (source: string): Unit => ({
    source,
    flags: [...LIBRARY_FLAGS, ...['-nostdlibinc', '-idirafter', relative(tree, headers)]],
  });
  const sources = listFiles(tree).filter((path) => path.endsWith('.c'));
  const objects = await compiler.compile({ what: 'libmpi', tree, units: sources.map(unit) });
  await compiler.archive(join(lib, 'libmpi.a'), objects);
  cpSync(join(tree, 'include/mpi.h'), join(include, 'mpi.h'));
  const isHeader = (path: string): boolean => !path.endsWith('.in');
  cpSync(join(MESSAGING_SYSROOT, 'include'), include, { recursive: true, filter: isHeader });
}

/** One checksum of all that libmpi and its header are made of. */
export function messagingDigest(): string {
  const hash = createHash('sha256').update(digestOf(MESSAGING_SYSROOT)).update(LIBRARY_FLAGS.join());
  hash.update(renderHeader(readTemplate())).update(renderNumbers());
  for (const [name, text] of renderStubs()) hash.update(name).update(text);
  return hash.digest('hex');
}

function readTemplate(): string {
  return readFileSync(join(MESSAGING_SYSROOT, 'include/mpi.h.in'), 'utf8');
}

/** <mpi.h>. Errors: the template wants what there is not. */
export function renderHeader(template: string): string {
  const chapters = [...MPI_CHAPTERS, { title: 'What needs no host', functions: MPI_GUEST_FUNCTIONS }];
  const all = chapters.map(({ title, functions }) => ({ title, lines: functions.map(prototype) }));
  all.push({
    title: 'Handles as integers, and as Fortran has them',
    lines: [...conversions().map(({ head }) => head), ...STATUS_CONVERSIONS].map((head) => `${head};`),
  });
  const parts: { readonly [name: string]: readonly string[] } = {
    'handle types': [...new Set(Object.values(HANDLE_TYPES))].map(
      (type) => `typedef struct ${type.replace('MPI_', 'MPI_ABI_')} *${type};`,
    ),
    handles: Object.entries(handles).map(([name, value]) => define(name, value, handleType(name))),
    operations: Object.entries(operations).map(([name, value]) => define(name, value, 'MPI_Op')),
    datatypes: Object.entries(datatypes).map(([name, value]) => define(name, value, 'MPI_Datatype')),
    errors: Object.entries(errors).map(([name, value]) => define(name, value)),
    values: Object.entries(values).map(([name, value]) => define(name, value)),
    addresses: Object.entries(addresses).map(([name, value]) => define(name, value, ADDRESS_TYPES[name] ?? 'void *')),
    tools: Object.entries(tools).map(([name, value]) => define(name, value, TOOL_TYPES[name])),
    functions: all.flatMap(({ title, lines }) => ['', `/* ${title}. */`, ...lines]).slice(1),
    'profiling functions': all.flatMap(({ lines }) => lines.map(profiling)),
  };
  return template.replace(/^@(.+)@$/gm, (_, name: string) => {
    const lines = parts[name];
    if (lines === undefined) throw new Failure(`the template of <mpi.h> wants "${name}", which nobody writes`);
    return lines.join('\n');
  });
}

/** A C source for each function that the host serves, and for the conversions of handles, by file name. */
export function renderStubs(): ReadonlyMap<string, string> {
  const all = [...MPI_CHAPTERS.flatMap(({ functions }) => functions), ...MPI_EXTENSIONS];
  const stubs = all.map((one) => [`${one.name}.c`, stub(one)] as const);
  const converting = conversions().map(({ name, head, body }) => {
    return [`${name}.c`, source([`${profiling(head)}\n{\n\t${body}\n}`, alias(name, head)])] as const;
  });
  return new Map([...stubs, ...converting]);
}

/** The predefined handles as numbers, of which a `switch` may be made: `N_MPI_INT`. */
export function renderNumbers(): string {
  const lines = Object.entries({ ...operations, ...datatypes }).map(
    ([name, value]) => `\tN_${name} = ${hex(value)},\n`,
  );
  return `// ${GENERATED}\n\nenum {\n${lines.join('')}};\n`;
}

const GENERATED = 'Generated from runtime/abi/mpi by tools/sysroot/messaging.ts.';

function source(parts: readonly string[], includes: readonly string[] = ['<mpi.h>']): string {
  const lines = includes.map((name) => `#include ${name}`);
  return `${[`// ${GENERATED}`, lines.join('\n'), ...parts].join('\n\n')}\n`;
}

function stub(one: MpiFunction): string {
  const head = headOf(one);
  const imported = `__${one.name}`;
  const attributes = `__attribute__((__import_module__("${MPI_MODULE}"), __import_name__("${one.name}")))`;
  const call = `return ${imported}(${one.parameters.map(({ name }) => name).join(', ')});`;
  const attaches = one.words.includes('attaches') ? ['__fusedos_mpi_attach();'] : [];
  // What reduces brings the arithmetic with it.
  const reduces = one.parameters.some(({ type, direction }) => type === 'Op' && direction === undefined);
  const needs = reduces
    ? ['static __typeof__(__fusedos_mpi_reduce) *const needed __attribute__((__used__)) = __fusedos_mpi_reduce;']
    : [];
  return source(
    [
      `${attributes} ${head.replace(one.name, imported)};`,
      ...needs,
      `${profiling(head)}\n{\n${[...attaches, call].map((line) => `\t${line}\n`).join('')}}`,
      alias(one.name, head),
    ],
    attaches.length > 0 || reduces ? ['<mpi.h>', '"attach.h"'] : ['<mpi.h>'],
  );
}

function alias(name: string, head: string): string {
  return `${head} __attribute__((__weak__, __alias__("P${name}")));`;
}

function prototype(one: MpiFunction): string {
  return `${headOf(one)};`;
}

/** The same of the function's other name. */
function profiling(declaration: string): string {
  return declaration.replace(/\bMPIX?_(?=\w+\()/, 'P$&');
}

function headOf({ name, parameters }: MpiFunction): string {
  if (name === 'MPI_Pcontrol') return `int ${name}(const int level, ...)`;
  const result = FLOATING.has(name) ? 'double' : name.startsWith('MPI_Aint_') ? 'MPI_Aint' : 'int';
  return `${result} ${name}(${parameters.map(declaration).join(', ') || 'void'})`;
}

function declaration({ name, type, direction, isArray, isFunction }: MpiParameter): string {
  if (isFunction) return `MPI_${type} *${name}`;
  const shape = SHAPES[type];
  if (shape !== undefined) return shape(name, isArray);
  const c = C_TYPES[type] ?? `MPI_${type}`;
  if (direction === undefined) return `${c} ${name}`;
  const constant = direction === 'in' ? 'const ' : '';
  return isArray ? `${constant}${c} ${name}[]` : `${constant}${c} *${name}`;
}

const C_TYPES: { readonly [type: string]: string } = {
  ...{ int: 'int', rank: 'int', tag: 'int', void: 'void', char: 'char' },
};

const SHAPES: { readonly [type: string]: (name: string, isArray: boolean) => string } = {
  address: (name) => `void *${name}`,
  strings: (name, isArray) => (isArray ? `char **${name}[]` : `char *${name}[]`),
  arguments: (name) => `char ***${name}`,
  triples: (name) => `int ${name}[][3]`,
};

interface Conversion {
  readonly name: string;
  readonly head: string;
  readonly body: string;
}

/** In src/status.c. */
const STATUS_CONVERSIONS = [
  'int MPI_Status_c2f(const MPI_Status *status, MPI_Fint *words)',
  'int MPI_Status_f2c(const MPI_Fint *words, MPI_Status *status)',
];

/** Handles are small numbers here, which Fortran's integers hold as they are. */
function conversions(): Conversion[] {
  return OBJECTS.flatMap((object) => {
    const type = object === 'Type' ? 'MPI_Datatype' : `MPI_${object}`;
    const pairs = [
      ['c2f', 'f2c', 'MPI_Fint'],
      ['toint', 'fromint', 'int'],
    ] as const;
    return pairs.flatMap(([to, from, integer]) => [
      {
        name: `MPI_${object}_${to}`,
        head: `${integer} MPI_${object}_${to}(${type} handle)`,
        body: `return (${integer})(intptr_t)handle;`,
      },
      {
        name: `MPI_${object}_${from}`,
        head: `${type} MPI_${object}_${from}(${integer} number)`,
        body: `return (${type})(intptr_t)number;`,
      },
    ]);
  });
}

const HANDLE_TYPES: { readonly [prefix: string]: string } = {
  ...HANDLE_PREFIXES,
  MPI_DATATYPE_: 'MPI_Datatype',
  MPI_OP_: 'MPI_Op',
};

function handleType(name: string): string {
  const found = Object.entries(HANDLE_TYPES).find(([prefix]) => name.startsWith(prefix));
  if (found === undefined) throw new Failure(`nobody knows what kind of handle ${name} is`);
  return found[1];
}

const ADDRESS_TYPES: { readonly [name: string]: string } = {
  MPI_STATUS_IGNORE: 'MPI_Status *',
  MPI_STATUSES_IGNORE: 'MPI_Status *',
  MPI_ERRCODES_IGNORE: 'int *',
  MPI_ARGV_NULL: 'char **',
  MPI_ARGVS_NULL: 'char ***',
  MPI_UNWEIGHTED: 'int *',
  MPI_WEIGHTS_EMPTY: 'int *',
};

const TOOL_TYPES: { readonly [name: string]: string } = {
  MPI_T_ENUM_NULL: 'MPI_T_enum',
  MPI_T_CVAR_HANDLE_NULL: 'MPI_T_cvar_handle',
  MPI_T_PVAR_SESSION_NULL: 'MPI_T_pvar_session',
  MPI_T_PVAR_HANDLE_NULL: 'MPI_T_pvar_handle',
  MPI_T_PVAR_ALL_HANDLES: 'MPI_T_pvar_handle',
};

function define(name: string, value: number, type?: string): string {
  if (type !== undefined) return `#define ${name} ((${type})${hex(value)})`;
  return `#define ${name} ${value < 0 ? `(${value})` : value}`;
}

function hex(value: number): string {
  return value < 16 ? `${value}` : `0x${value.toString(16)}`;
}
