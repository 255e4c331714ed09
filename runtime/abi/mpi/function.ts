// What MPI's functions are made of: the short notation in which the chapters describe them, and what it means. Import rows, <mpi.h> and
// the C stubs of libmpi are rendered from it.
//
// A function is its parameters, what it does, and of some words what holds (see Word). A parameter is `[in|out] [TYPE] name`, separated by
// commas; `out` is what may be written. What many functions have is its name alone: see USUAL. Types:
//   int rank tag             int; the latter two have names for values below zero
//   count                    int; MPI_Count in the large variant of the function
//   extent                   MPI_Aint; MPI_Count in the large variant
//   displ                    int; MPI_Aint in the large variant
//   address                  void *, which is not looked at
//   fn NAME                  a function of the program, of type MPI_NAME
//   strings arguments triples    char *[], char ***, int [][3]
//   any other                MPI_TYPE; `in name` and `out name` alone are buffers, void *
// `TYPE[]` is an array.

import type { Param, ParamKind, Row } from '../row.ts';
import type { StructName } from '../structs.ts';

/**
 * `waits`: for other processes; `large`: there is a variant with large counts, whose name ends in `_c`; `attaches`: libmpi first tells
 * what it serves.
 */
export type Word = 'waits' | 'large' | 'attaches';
type Words = Word | 'waits large' | 'waits attaches';
export type Description = readonly [parameters: string, summary: string, words?: Words | undefined];
/** By name. */
export interface Chapter {
  readonly [name: string]: Description;
}

export interface MpiParameter {
  readonly name: string;
  /** See above; with `void` for buffers, and what stands for it in the variant at hand: `int`, `Aint`, `Count`. */
  readonly type: string;
  readonly direction: 'in' | 'out' | undefined;
  readonly isArray: boolean;
  /** Of type NAME. */
  readonly isFunction: boolean;
}

export interface MpiFunction {
  readonly name: string;
  readonly summary: string;
  readonly words: readonly Word[];
  readonly isLarge: boolean;
  /** Read from the notation when they are asked for. */
  readonly parameters: readonly MpiParameter[];
}

/** The names of a chapter's functions, with the large variants. */
export type NamesOf<C extends Chapter> = {
  [N in keyof C & string]: C[N] extends readonly [string, string, `${string}large`] ? N | `${N}_c` : N;
}[keyof C & string];

/** All functions of a chapter, each followed by its large variant. */
export function functionsOf(chapter: Chapter): MpiFunction[] {
  return Object.entries(chapter).flatMap(([name, [parameters, summary, text = '']]) => {
    const words = text.split(' ').filter((word): word is Word => word !== '');
    const variants = words.includes('large') ? [false, true] : [false];
    return variants.map((isLarge) => {
      // All of them would take a sixth of the time in which a core loads what it runs, and a program imports few.
      let parsed: MpiParameter[] | undefined;
      return {
        name: isLarge ? `${name}_c` : name,
        summary,
        words,
        isLarge,
        get parameters() {
          parsed ??= parseParameters(parameters, isLarge);
          return parsed;
        },
      };
    });
  });
}

/** Errors: a name alone that is not usual, a function that has no large variant of its callback. */
function parseParameters(text: string, isLarge: boolean): MpiParameter[] {
  if (text === '') return [];
  return text.split(', ').map((one) => parseParameter(one, isLarge));
}

function parseParameter(text: string, isLarge: boolean): MpiParameter {
  const words = text.split(' ');
  const name = words.at(-1) ?? '';
  if (words.length === 1) {
    const usual = USUAL.get(name);
    if (usual === undefined) throw new Error(`no parameter is usually called ${name}`);
    return parseParameter(`${usual} ${name}`, isLarge);
  }
  const direction = words[0] === 'in' || words[0] === 'out' ? words[0] : undefined;
  const [type = 'void', callback] = words.slice(direction === undefined ? 0 : 1, -1);
  if (type === 'fn') {
    const given = callback ?? '';
    const isCounted = isLarge && LARGE_CALLBACKS.has(given);
    return { name, type: isCounted ? `${given}_c` : given, direction, isArray: false, isFunction: true };
  }
  const isArray = type.endsWith('[]');
  const element = isArray ? type.slice(0, -2) : type;
  return { name, type: VARIANTS[element]?.[isLarge ? 1 : 0] ?? element, direction, isArray, isFunction: false };
}

/** What a type is without and with large counts. */
const VARIANTS: { readonly [type: string]: readonly [string, string] } = {
  count: ['int', 'Count'],
  extent: ['Aint', 'Count'],
  displ: ['int', 'Aint'],
};

const LARGE_CALLBACKS: ReadonlySet<string> = new Set(['User_function', 'Datarep_conversion_function']);

/** By name. */
const USUAL: ReadonlyMap<string, string> = new Map(
  Object.entries({
    count: 'count sendcount recvcount origin_count target_count blocklength',
    Datatype: 'datatype sendtype recvtype oldtype origin_datatype target_datatype',
    'in void': 'sendbuf',
    'out void': 'recvbuf',
    'in count[]': 'sendcounts recvcounts array_of_blocklengths',
    'in displ[]': 'displs sdispls rdispls',
    'in Datatype[]': 'sendtypes recvtypes',
    rank: 'dest source root target_rank',
    tag: 'tag sendtag recvtag',
    Comm: 'comm comm_old',
    Group: 'group group1 group2',
    Win: 'win',
    File: 'fh',
    Session: 'session',
    Op: 'op',
    Info: 'info',
    Errhandler: 'errhandler',
    'out Request': 'request',
    'out Status': 'status',
    'out int': 'flag',
    'out Datatype': 'newtype',
    'out Comm': 'newcomm',
    'out Group': 'newgroup',
    'out Info': 'info_used',
    int: 'ndims errorcode n reorder assert maxdims',
    Aint: 'target_disp',
    Offset: 'offset',
    address: 'extra_state user_data',
    'in int[]': 'dims periods',
  }).flatMap(([usual, names]) => names.split(' ').map((name) => [name, usual] as const)),
);

/** The parameter of an import row. */
export function paramOf({ name, type, direction, isFunction }: MpiParameter): Param {
  if (isFunction) return { name, kind: 'u32', type: 'function' };
  if (direction !== undefined) return { name, kind: 'ptr', to: structOf(type, direction), direction };
  if (type === 'arguments') return { name, kind: 'ptr', to: 'pointer', direction: 'out' };
  const scalar = SCALARS[type];
  if (scalar === undefined) return { name, kind: 'u32', type: `MPI_${type}` };
  return scalar === 's32' && type !== 'int' ? { name, kind: scalar, type } : { name, kind: scalar };
}

/** What is no handle. */
const SCALARS: { readonly [type: string]: ParamKind } = {
  ...{ int: 's32', rank: 's32', tag: 's32', Aint: 's32', T_cb_safety: 's32' },
  ...{ Count: 'long', Offset: 'long', address: 'u32' },
};

function structOf(type: string, direction: 'in' | 'out'): StructName {
  if (type === 'char') return direction === 'in' ? 'string' : 'u8';
  return STRUCTS[type] ?? 'handle';
}

const STRUCTS: { readonly [type: string]: StructName } = {
  ...{ void: 'u8', int: 'int', T_source_order: 'int', Aint: 'aint', Count: 'count', Offset: 'count' },
  ...{ Status: 'status', strings: 'pointer', triples: 'int' },
};

export const MPI_MODULE = 'mpi';

/** The import rows of some functions, numbered from one on. */
export function rowsOf(
  first: number,
  functions: readonly MpiFunction[],
  supportOf: (name: string) => Pick<Row, 'support' | 'note'>,
): readonly Row[] {
  return functions.map((described, index) => {
    const { name, summary, words } = described;
    let params: readonly Param[] | undefined;
    return {
      module: MPI_MODULE,
      name,
      number: first + index,
      home: 'messaging',
      summary,
      get params() {
        params ??= described.parameters.map(paramOf);
        return params;
      },
      result: FLOATING.has(name) ? 'number' : 'value',
      errors: {},
      blocks: words.includes('waits'),
      ...supportOf(name),
    };
  });
}

/** Functions that give a number, where others give an error class. */
export const FLOATING: ReadonlySet<string> = new Set(['MPI_Wtime', 'MPI_Wtick']);
