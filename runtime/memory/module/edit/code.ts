// Changes instructions in a module's code: puts calls of our own functions before those of a kind or in their place, or others in their
// place. The functions, and all types, are appended to the module's own, so that nobody's index changes; only bodies that may have
// such an instruction are decoded. What is looked for, and what comes, is said by rules: see polls.ts, fresh-pages.ts, sizes.ts, waits.ts,
// stack.ts, narrow.ts. Called by rewrite.ts.

import { SECTION } from '../features.ts';
import { skipInstruction, skipLocals } from '../instructions.ts';
import type { ParsedModule, Section } from '../parse.ts';
import { ByteReader } from '../reader.ts';
import { concatenated, type Edit, growthOf, sectionBytes, u32Bytes } from './bytes.ts';

interface Rule {
  /** The instruction's first byte. */
  readonly opcode: number;
  /** Whether what begins at `at` with that byte is one, if an instruction begins there: it may as well be another's immediate. None is of two rules. */
  readonly matches: (bytes: Uint8Array, at: number) => boolean;
}

/** An instruction that others replace. */
export interface InsertRule extends Rule {
  readonly replace: (instruction: Uint8Array) => Uint8Array;
}

/** An instruction that gets a call, and the function that is called. */
export interface CallRule extends Rule {
  /** The call takes the instruction's place, else it stands before it. */
  readonly isReplaced: boolean;
  /** Puts one more operand on the stack before the call. */
  readonly operand?: (instruction: Uint8Array) => Uint8Array;
  /** The function's type, and others that its body names, as entries of the type section. */
  readonly types: readonly (readonly number[])[];
  /** The function's locals, instructions and end. @param typeIndex of its type, which the others follow */
  readonly body: (typeIndex: number) => ArrayLike<number>;
}

export interface CodeEdits {
  readonly edits: readonly Edit[];
  /** The rules for which the module has an instruction, in the order given. */
  readonly used: readonly (CallRule | InsertRule)[];
  /** The index of the first of the types that the caller adds. */
  readonly firstType: number;
}

interface CallSite {
  readonly rule: CallRule | InsertRule;
  readonly start: number;
  readonly end: number;
}

const NOTHING: CodeEdits = { edits: [], used: [], firstType: 0 };
const NO_BYTES = new Uint8Array(0);
const CALL = 0x10;

/**
 * @param addedTypes that the module gets besides, as entries of the type section, when a rule is used
 *
 * Errors: ModuleError ENOEXEC: as skipInstruction, in bodies that are decoded.
 */
export function codeEdits(
  { bytes, sections, functionCount }: ParsedModule,
  rules: readonly (CallRule | InsertRule)[],
  addedTypes: readonly Uint8Array[] = [],
): CodeEdits {
  const find = (id: number): Section | undefined => sections.find((section) => section.id === id);
  const [types, functions, code] = [find(SECTION.type), find(SECTION.function), find(SECTION.code)];
  if (types === undefined || functions === undefined || code === undefined) return NOTHING;
  const byOpcode = new Array<(CallRule | InsertRule)[] | undefined>(256).fill(undefined);
  for (const rule of rules) byOpcode[rule.opcode] = [...(byOpcode[rule.opcode] ?? []), rule];
  const suspects = findSuspects(bytes, code, byOpcode);
  if (suspects.length === 0) return NOTHING;
  const bodies = findBodies(bytes, code, suspects, byOpcode);
  const used = rules.filter((rule) => bodies.some(({ sites }) => sites.some((site) => site.rule === rule)));
  if (used.length === 0) return NOTHING;
  // The last functions, so that all others keep their indexes.
  const called = used.filter((rule) => 'body' in rule);
  const calls = new Map<unknown, Uint8Array>(
    called.map((rule, i) => [rule, concatenated([CALL], u32Bytes(functionCount + i))]),
  );
  const typeIndexes: number[] = [];
  let firstType = types.count;
  for (const rule of called) {
    typeIndexes.push(firstType);
    firstType += rule.types.length;
  }
  const added = concatenated(...called.map((rule, i) => sized(rule.body(typeIndexes[i] ?? 0))));
  const newTypes = [...called.flatMap((rule) => rule.types), ...addedTypes];
  return {
    edits: [
      appended(bytes, types, newTypes.length, concatenated(...newTypes)),
      appended(bytes, functions, called.length, concatenated(...typeIndexes.map(u32Bytes))),
      ...callEdits(bytes, code, bodies, calls, added),
    ],
    used,
    firstType,
  };
}

/** Where such an instruction may stand, ascending. */
function findSuspects(bytes: Uint8Array, code: Section, byOpcode: readonly (readonly Rule[] | undefined)[]): number[] {
  const suspects: number[] = [];
  const body = bytes.subarray(0, code.end);
  byOpcode.forEach((rules = [], opcode) => {
    if (rules.length === 0) return;
    // A search for a byte is the engine's own, and quicker than a loop over all bytes.
    for (let at = body.indexOf(opcode, code.entries); at >= 0; at = body.indexOf(opcode, at + 1)) {
      if (rules.some(({ matches }) => matches(body, at))) suspects.push(at);
    }
  });
  return suspects.sort((a, b) => a - b);
}

interface Body {
  /** Where its length stands, and where its locals begin. */
  readonly entry: number;
  readonly start: number;
  readonly end: number;
  readonly sites: readonly CallSite[];
}

/** The bodies that have such an instruction. */
function findBodies(
  bytes: Uint8Array,
  code: Section,
  suspects: readonly number[],
  rules: readonly (readonly (CallRule | InsertRule)[] | undefined)[],
): Body[] {
  const bodies: Body[] = [];
  const reader = new ByteReader(bytes, code.entries, code.end, 'code section');
  let next = 0;
  while (reader.remaining > 0) {
    const entry = reader.offset;
    const start = reader.skip(reader.u32());
    const end = reader.offset;
    const first = next;
    while ((suspects[next] ?? end) < end) next++;
    if (first === next) continue;
    const sites = findSites(bytes, start, end, suspects[next - 1] ?? start, rules);
    if (sites.length > 0) bodies.push({ entry, start, end, sites });
  }
  return bodies;
}

/** The instructions of a body that get a call, up to its last suspect. */
function findSites(
  bytes: Uint8Array,
  start: number,
  end: number,
  last: number,
  rules: readonly (readonly (CallRule | InsertRule)[] | undefined)[],
): CallSite[] {
  const reader = new ByteReader(bytes, start, end, 'code section');
  const found: CallSite[] = [];
  skipLocals(reader);
  while (reader.offset <= last) {
    const at = reader.offset;
    const rule = rules[bytes[at] as number]?.find(({ matches }) => matches(bytes, at));
    skipInstruction(reader);
    if (rule !== undefined) found.push({ rule, start: at, end: reader.offset });
  }
  return found;
}

/** The edits of the code section: its calls, what they add to lengths, and the functions at its end. */
function callEdits(
  bytes: Uint8Array,
  code: Section,
  bodies: readonly Body[],
  calls: ReadonlyMap<unknown, Uint8Array>,
  added: Uint8Array,
): Edit[] {
  const edits: Edit[] = [];
  for (const { entry, start, end, sites } of bodies) {
    const inner = sites.map((site): Edit => {
      const { rule, start: at } = site;
      if ('replace' in rule) return { start: at, end: site.end, bytes: rule.replace(bytes.subarray(at, site.end)) };
      const call = calls.get(rule) ?? NO_BYTES;
      const operand = rule.operand?.(bytes.subarray(at, site.end)) ?? NO_BYTES;
      return {
        start: at,
        end: rule.isReplaced ? site.end : at,
        bytes: operand.length === 0 ? call : concatenated(operand, call),
      };
    });
    edits.push({ start: entry, end: start, bytes: u32Bytes(end - start + growthOf(inner)) });
    for (const edit of inner) edits.push(edit);
  }
  const count = u32Bytes(code.count + calls.size);
  const size = u32Bytes(count.length + code.end - code.entries + growthOf(edits) + added.length);
  return [
    { start: code.start, end: code.entries, bytes: concatenated([code.id], size, count) },
    ...edits,
    { start: code.end, end: code.end, bytes: added },
  ];
}

function sized(body: ArrayLike<number>): Uint8Array {
  return concatenated(u32Bytes(body.length), body);
}

/** A section with more entries. */
function appended(bytes: Uint8Array, section: Section, count: number, entries: Uint8Array): Edit {
  const own = bytes.subarray(section.entries, section.end);
  const body = concatenated(u32Bytes(section.count + count), own, entries);
  return { start: section.start, end: section.end, bytes: sectionBytes(section.id, body) };
}
