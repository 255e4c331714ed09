// A guest that makes whatever calls it is told to: it takes operations from a ring in its own memory, which the test fills
// from outside, and stores their results there. So nothing but the calls themselves goes through the machine. Built byte
// by byte: the memory must be shared, and each guest has a number there, by which the test knows its memory.
//
//     REQUESTED   operations posted so far: stored by the test, the guest sleeps on it
//     COMPLETED   operations done so far: stored by the guest, the test waits for it
//     TAG         the guest's number
//     RING        64 slots of 128 bytes:   operation | result | arguments, 8 bytes each
//
// See: WebAssembly core specification, chapter 5; threads proposal, binary format.

import { type Row, wasmTypeOf } from '../../runtime/abi/row.ts';
import { TABLE } from '../../runtime/abi/table.ts';
import { type Bytes, buildModule, concat, i32Const, type ModuleSpec, u32 } from '../support/module-builder.ts';

export const PAGE = 65_536;
/** Pages that a guest has from the start. The first is the ring's, the others are the test's. */
export const PAGES = 3;
export const REQUESTED = 1024;
export const COMPLETED = 1028;
export const TAG = 1032;
export const RING = 2048;
export const SLOTS = 64;
export const SLOT_BYTES = 128;
export const SLOT_RESULT = 4;
export const SLOT_ARGS = 8;

/** Ended by the guest itself, or by the signal: not to be made at random. */
const ENDING: ReadonlySet<string> = new Set(['proc_exit', 'proc_raise']);

/** The calls that the guest can make; an operation is an index into it. One beyond it: the guest returns. */
export const CALLS: readonly Row[] = TABLE.filter(
  (row) => row.module === 'wasi_snapshot_preview1' && row.result === 'errno' && !ENDING.has(row.name),
);

const VOID = 0x40;
const BLOCK = 0x02;
const LOOP = 0x03;
const IF = 0x04;
const END = 0x0b;
const BR = 0x0c;
const BR_IF = 0x0d;
const BR_TABLE = 0x0e;
const RETURN = 0x0f;
const CALL = 0x10;
const DROP = 0x1a;
const UNREACHABLE = 0x00;
const LOCAL_GET = 0x20;
const LOCAL_SET = 0x21;
const I32_EQ = 0x46;
const I32_NE = 0x47;
const I32_ADD = 0x6a;
const I32_AND = 0x71;
const I32_SHL = 0x74;
const ALIGN_4 = 2;
const ALIGN_8 = 3;

const load32 = (offset: number): Bytes => concat([0x28, ALIGN_4], u32(offset));
const load64 = (offset: number): Bytes => concat([0x29, ALIGN_8], u32(offset));
const store32 = (offset: number): Bytes => concat([0x36, ALIGN_4], u32(offset));
const ATOMIC_NOTIFY: Bytes = [0xfe, 0x00, ALIGN_4, 0];
const ATOMIC_WAIT: Bytes = [0xfe, 0x01, ALIGN_4, 0];
const ATOMIC_LOAD: Bytes = [0xfe, 0x10, ALIGN_4, 0];
const ATOMIC_STORE: Bytes = [0xfe, 0x17, ALIGN_4, 0];
/** 20 µs: whoever posts operations is no thread of the guest's, whose waits are its process's own. */
const MOMENT: Bytes = [0x42, 0xa0, 0x9c, 0x01];

/** @param tag says whose memory it is: another one each time */
export function guestModule(tag: number): Uint8Array<ArrayBuffer> {
  const signatures = CALLS.map(({ params }) => params.map((param) => wasmTypeOf(param)));
  const types: NonNullable<ModuleSpec['types']> = [
    ...signatures.map((params) => ({ params, results: ['i32'] as const })),
    { params: ['i32'], results: ['i32'] },
    {},
  ];
  const dispatchType = CALLS.length;
  const dispatch = CALLS.length;
  return buildModule({
    types,
    imports: CALLS.map(({ module, name }, type) => ({ module, name, func: type })),
    functions: [
      { type: dispatchType, body: dispatchBody(signatures) },
      { type: dispatchType + 1, locals: [[2, 'i32']], body: runBody(dispatch) },
    ],
    memories: [{ initial: PAGES, maximum: PAGES, shared: true }],
    exports: [
      { name: 'memory', kind: 'memory', index: 0 },
      { name: 'run', kind: 'func', index: dispatch + 1 },
    ],
    data: [{ at: TAG, bytes: new Uint8Array(Uint32Array.of(tag).buffer) }],
  });
}

/** Makes the call of the slot whose address it gets, and returns its result. */
function dispatchBody(signatures: readonly (readonly string[])[]): Bytes {
  const cases = signatures.map((params, index) =>
    concat(
      [END],
      ...params.map((type, i) =>
        concat([LOCAL_GET, 0], type === 'i64' ? load64(SLOT_ARGS + 8 * i) : load32(SLOT_ARGS + 8 * i)),
      ),
      [CALL],
      u32(index),
      [RETURN],
    ),
  );
  const opened = concat(...signatures.map(() => [BLOCK, VOID]));
  const targets = concat(u32(signatures.length - 1), ...signatures.map((_, i) => u32(i)));
  return concat(opened, [LOCAL_GET, 0], load32(0), [BR_TABLE], targets, ...cases, [UNREACHABLE]);
}

/** Takes operations from the ring until one says to return. Local 0: operations done; local 1: address of the slot. */
function runBody(dispatch: number): Bytes {
  const waitForMore = concat(
    [BLOCK, VOID, LOOP, VOID],
    i32Const(REQUESTED),
    ATOMIC_LOAD,
    [LOCAL_GET, 0, I32_NE, BR_IF, 1],
    i32Const(REQUESTED),
    [LOCAL_GET, 0],
    MOMENT,
    ATOMIC_WAIT,
    [DROP, BR, 0, END, END],
  );
  const slot = concat(
    [LOCAL_GET, 0],
    i32Const(SLOTS - 1),
    [I32_AND],
    i32Const(Math.log2(SLOT_BYTES)),
    [I32_SHL],
    i32Const(RING),
    [I32_ADD, LOCAL_SET, 1],
  );
  const leaves = concat([LOCAL_GET, 1], load32(0), i32Const(CALLS.length), [I32_EQ, IF, VOID, RETURN, END]);
  const serve = concat([LOCAL_GET, 1, LOCAL_GET, 1, CALL], u32(dispatch), store32(SLOT_RESULT));
  const tell = concat(
    [LOCAL_GET, 0],
    i32Const(1),
    [I32_ADD, LOCAL_SET, 0],
    i32Const(COMPLETED),
    [LOCAL_GET, 0],
    ATOMIC_STORE,
    i32Const(COMPLETED),
    i32Const(-1),
    ATOMIC_NOTIFY,
    [DROP],
  );
  return concat([LOOP, VOID], waitForMore, slot, leaves, serve, tell, [BR, 0, END]);
}
