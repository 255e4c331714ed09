// Renames the module that a compiled program imports its functions from, as if an older compiler had made it. It reads the
// import section alone; all other sections stay as they are. Source: WebAssembly core specification, 5.5.5.

import { concat, HEADER, name, section, u32 } from './module-builder.ts';

const IMPORTS = 2;
const FUNCTION = 0;

/** The module with each function import from `from` taken from `to`. It must import functions only. */
export function renameImports(module: Uint8Array, from: string, to: string): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [module.subarray(0, HEADER.length)];
  for (let at = HEADER.length; at < module.length; ) {
    const id = module[at];
    const size = readU32(module, at + 1);
    const body = module.subarray(size.next, size.next + size.value);
    const end = size.next + size.value;
    parts.push(id === IMPORTS ? section(IMPORTS, renamed(body, from, to)) : module.subarray(at, end));
    at = end;
  }
  return concat(...parts);
}

function renamed(body: Uint8Array, from: string, to: string): Uint8Array {
  const count = readU32(body, 0);
  const entries: Uint8Array[] = [];
  let { next: at } = count;
  for (let i = 0; i < count.value; i++) {
    const module = readName(body, at);
    const field = readName(body, module.next);
    if (body[field.next] !== FUNCTION) throw new RangeError(`${module.text}.${field.text} is no function`);
    const type = readU32(body, field.next + 1);
    const source = module.text === from ? to : module.text;
    entries.push(concat(name(source), name(field.text), [FUNCTION], u32(type.value)));
    at = type.next;
  }
  return concat(u32(count.value), ...entries);
}

function readName(bytes: Uint8Array, at: number): { text: string; next: number } {
  const length = readU32(bytes, at);
  const next = length.next + length.value;
  return { text: new TextDecoder().decode(bytes.subarray(length.next, next)), next };
}

function readU32(bytes: Uint8Array, at: number): { value: number; next: number } {
  let value = 0;
  for (let i = 0; ; i++) {
    const byte = bytes[at + i];
    if (byte === undefined) throw new RangeError('the module is cut');
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, next: at + i + 1 };
  }
}
