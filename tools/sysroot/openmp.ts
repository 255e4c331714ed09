// OpenMP's runtime library, LLVM's own, built as for WASI: without what it asks other systems about processors and signals.

import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Compiler } from './compile.ts';
import { Failure } from './failure.ts';
import { LLVM } from './packages.ts';
import { renderSite } from './template.ts';
import type { Edit } from './tree.ts';
import { FLAGS } from './variant.ts';

const RUNTIME = 'openmp/runtime/src';
const GENERATED = 'generated-openmp';

/** Variables that a parallel region may share; in C, where a call has as many arguments as are written, LLVM's own goes to 15. */
const SHARED_MOST = 64;
const LAST_CALL = `                           p_argv[11], p_argv[12], p_argv[13], p_argv[14]);
    break;
`;

/** The calls of a region's function with more variables. */
function furtherCalls(): string {
  return Array.from({ length: SHARED_MOST - 15 }, (_, i) => {
    const numbers = Array.from({ length: 16 + i }, (_, j) => j);
    const types = ['int *', 'int *', ...numbers.map(() => 'void *')].join(', ');
    const values = ['&gtid', '&tid', ...numbers.map((j) => `p_argv[${j}]`)].join(', ');
    return `  case ${numbers.length}:\n    ((void (*)(${types}))pkfn)(${values});\n    break;\n`;
  }).join('');
}

export const OPENMP_EDITS: readonly Edit[] = [
  { file: `${RUNTIME}/z_Linux_util.cpp`, find: LAST_CALL, replace: LAST_CALL + furtherCalls() },
  // A pointer has 32 bits, though long has 64, and what the compiler lays out for the library has pointers as wide as they are.
  {
    file: `${RUNTIME}/kmp_os.h`,
    find: `typedef long kmp_intptr_t;
typedef unsigned long kmp_uintptr_t;
#define KMP_INTPTR_SPEC "ld"
#define KMP_UINTPTR_SPEC "lu"`,
    replace: `typedef int kmp_intptr_t;
typedef unsigned int kmp_uintptr_t;
#define KMP_INTPTR_SPEC "d"
#define KMP_UINTPTR_SPEC "u"`,
  },
  // As that of other threads: what is not used takes no memory of the host's.
  {
    file: `${RUNTIME}/kmp.h`,
    find: '#else\n#define KMP_DEFAULT_STKSIZE ((size_t)(1024 * 1024))',
    replace: '#else\n#define KMP_DEFAULT_STKSIZE ((size_t)(8 * 1024 * 1024))',
  },
  // A process may have one thread alone: then that is not a number that means nothing.
  {
    file: `${RUNTIME}/z_Linux_util.cpp`,
    find: '__kmp_sys_max_nth <= 1)',
    replace: '__kmp_sys_max_nth < 1)',
  },
];

/** Of the runtime's configuration what is not 0. */
const CONFIGURATION: { readonly [name: string]: string } = {
  LIBOMP_HAVE_WEAK_ATTRIBUTE: '1',
  LIBOMP_HAVE_ALIGNED_ALLOC: '1',
  LIBOMP_HAVE_POSIX_MEMALIGN: '1',
};

/** What stands in templates between two @. 5 is the version of the interface with compilers. */
const VALUES: { readonly [name: string]: string } = {
  LIBOMP_VERSION_MAJOR: '5',
  LIBOMP_VERSION_MINOR: '0',
  LIBOMP_VERSION_BUILD: '20140926',
  LIBOMP_BUILD_DATE: `LLVM ${LLVM.version}`,
  LIBOMP_LEGAL_ARCH: 'wasm32',
  LIBOMP_LIB_FILE: 'libomp.a',
};

const SOURCES = [
  ...['alloc', 'atomic', 'csupport', 'debug', 'itt', 'environment', 'error', 'global', 'i18n', 'io', 'runtime'],
  ...['settings', 'str', 'tasking', 'threadprivate', 'utility', 'barrier', 'wait_release', 'affinity', 'dispatch'],
  ...['lock', 'sched', 'collapse', 'gsupport', 'taskdeps', 'cancel', 'ftn_cdecl', 'ftn_extra', 'version'],
].map((name) => `${RUNTIME}/kmp_${name}.cpp`);

/** Writes what the runtime's own build generates. */
export function generateOpenmp(tree: string): void {
  const read = (path: string) => readFileSync(join(tree, RUNTIME, path), 'utf8');
  const write = (path: string, text: string) => writeFileSync(join(tree, GENERATED, path), text);
  mkdirSync(join(tree, GENERATED, 'include'), { recursive: true });
  write('include/omp.h', fill(read('include/omp.h.var')));
  write('include/ompx.h', fill(read('include/ompx.h.var')));
  write('kmp_config.h', fill(renderSite(read('kmp_config.h.cmake'), CONFIGURATION)));
  const messages = readMessages(read('i18n/en_US.txt'));
  write('kmp_i18n_id.inc', renderNumbers(messages));
  write('kmp_i18n_default.inc', renderTexts(messages));
}

function fill(template: string): string {
  return template.replace(/@(\w+)@/g, (_, name: string) => {
    const value = VALUES[name];
    if (value === undefined) throw new Failure(`OpenMP's templates want ${name}: another version of the runtime`);
    return value;
  });
}

/** The sections of the catalogue of messages, in their order, with the short names that the runtime has for them. */
const SECTIONS = { meta: 'prp', strings: 'str', formats: 'fmt', messages: 'msg', hints: 'hnt' } as const;
type Section = keyof typeof SECTIONS;
type Messages = { readonly [section in Section]: { readonly name: string; text: string }[] };
const NAMES: readonly Section[] = ['meta', 'strings', 'formats', 'messages', 'hints'];

/**
 * Reads the catalogue: lines `-*- SECTION -*-`, `Name "text"`, and `"text"`, which goes on with the one before.
 *
 * Errors: another line.
 */
export function readMessages(text: string): Messages {
  const messages: Messages = { meta: [], strings: [], formats: [], messages: [], hints: [] };
  let section: Section | undefined;
  let obsolete = 0;
  for (const line of text.split('\n').map((one) => one.trim())) {
    if (line === '' || line.startsWith('#')) continue;
    const title = /-\*- (\w+) -\*-/.exec(line)?.[1]?.toLowerCase();
    if (title !== undefined) section = NAMES.find((name) => name === title);
    const [, name, value] = title === undefined ? (/^([a-zA-Z_]\w*)?\s*"(.*)"/.exec(line) ?? []) : [];
    const list = section && messages[section];
    if (list === undefined || (title === undefined && value === undefined)) {
      throw new Failure(`OpenMP's catalogue of messages has a line "${line}": another version of the runtime`);
    }
    if (value === undefined) continue;
    const last = list.at(-1);
    if (name !== undefined) list.push({ name: name === 'OBSOLETE' ? `OBSOLETE${++obsolete}` : name, text: value });
    else if (last !== undefined) last.text += value;
  }
  return messages;
}

/** The messages' numbers: those of a section begin at a multiple of 65536. */
export function renderNumbers(messages: Messages): string {
  const sections = NAMES.flatMap((section, index) => {
    const prefix = `kmp_i18n_${SECTIONS[section]}_`;
    const names = messages[section].map(({ name }) => prefix + name);
    return [`${prefix}first = ${(index + 1) * 65536}`, ...names, `${prefix}last`];
  });
  const all = ['kmp_i18n_null = 0', ...sections, 'kmp_i18n_xxx_lastest'];
  return `enum kmp_i18n_id {\n${all.map((name) => `  ${name},\n`).join('')}};\ntypedef enum kmp_i18n_id kmp_i18n_id_t;\n`;
}

/** The tables of their texts: a section's begin at 1. */
export function renderTexts(messages: Messages): string {
  const tables = NAMES.map((section) => {
    const texts = ['NULL', ...messages[section].map(({ text }) => `"${text}"`), 'NULL'];
    return `static char const *__kmp_i18n_default_${section}[] = {\n${texts.map((text) => `  ${text},\n`).join('')}};\n`;
  });
  const sections = NAMES.map((section) => `  { ${messages[section].length}, __kmp_i18n_default_${section} },\n`);
  return `${tables.join('')}
struct kmp_i18n_section { int size; char const **str; };
typedef struct kmp_i18n_section kmp_i18n_section_t;
static kmp_i18n_section_t __kmp_i18n_sections[] = {
  { 0, NULL },
${sections.join('')}  { 0, NULL },
};
struct kmp_i18n_table { int size; kmp_i18n_section_t *sect; };
typedef struct kmp_i18n_table kmp_i18n_table_t;
static kmp_i18n_table_t __kmp_i18n_default_table = { ${NAMES.length}, __kmp_i18n_sections };
`;
}

/** Compiles the runtime into `lib`. @param headers of the C library, installed */
export async function buildOpenmp(tree: string, headers: string, compiler: Compiler, lib: string): Promise<void> {
  const includes = [GENERATED, `${GENERATED}/include`, RUNTIME, `${RUNTIME}/i18n`, `${RUNTIME}/include`];
  const flags = [
    ...FLAGS,
    ...[
      '-std=c++17',
      '-fno-exceptions',
      '-fno-rtti',
      '-D_GNU_SOURCE',
      '-D_REENTRANT',
      '-U__linux',
      '-U__linux__',
      '-D__wasi__',
      '-w',
    ],
    ...[...includes, 'generated', 'libcxx/include'].map((path) => `-I${path}`),
    ...['-nostdinc++', '-nostdlibinc', '-idirafter', relative(tree, headers)],
  ];
  const units = [...SOURCES, `${RUNTIME}/z_Linux_util.cpp`, `${RUNTIME}/z_Linux_asm.S`].map((source) => ({
    source,
    flags,
  }));
  await compiler.archive(join(lib, 'libomp.a'), await compiler.compile({ what: 'libomp', tree, units }));
}

/** Puts OpenMP's headers into `include`. */
export function installOpenmpHeaders(tree: string, include: string): void {
  cpSync(join(tree, GENERATED, 'include'), include, { recursive: true });
}
