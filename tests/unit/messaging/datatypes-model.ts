// Datatypes the straightforward way: a list of (basic type, displacement), as the standard defines them, and bytes moved one by one. Tests
// compare the real ones with it.

export interface Entry {
  readonly at: number;
  readonly bytes: number;
  readonly alignment: number;
}

export interface Model {
  readonly map: readonly Entry[];
  /** Set by resizing, here or in a part. */
  readonly set: { readonly low: number; readonly high: number } | undefined;
}

export const modelOf = (bytes: number, alignment: number): Model => ({
  map: [{ at: 0, bytes, alignment }],
  set: undefined,
});

export function trueBounds({ map }: Model): { low: number; high: number } {
  if (map.length === 0) return { low: 0, high: 0 };
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { at, bytes } of map) {
    low = Math.min(low, at);
    high = Math.max(high, at + bytes);
  }
  return { low, high };
}

export function bounds(model: Model): { low: number; extent: number } {
  if (model.set !== undefined) return { low: model.set.low, extent: model.set.high - model.set.low };
  const { low, high } = trueBounds(model);
  const alignment = Math.max(1, ...model.map.map((entry) => entry.alignment));
  return { low, extent: Math.ceil((high - low) / alignment) * alignment };
}

export function sizeOf({ map }: Model): number {
  return map.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Copies of models at displacements in bytes, in order. */
export function modelAt(parts: readonly (readonly [displacement: number, model: Model])[]): Model {
  const map: Entry[] = [];
  let set: { low: number; high: number } | undefined;
  for (const [displacement, model] of parts) {
    for (const entry of model.map) map.push({ ...entry, at: entry.at + displacement });
    if (model.set === undefined) continue;
    const low = model.set.low + displacement;
    const high = model.set.high + displacement;
    set = set === undefined ? { low, high } : { low: Math.min(set.low, low), high: Math.max(set.high, high) };
  }
  return { map, set };
}

/** A block of elements one behind the other. */
export function block(displacement: number, count: number, model: Model): [number, Model][] {
  const { extent } = bounds(model);
  return Array.from({ length: count }, (_, index) => [displacement + index * extent, model]);
}

export function resized(model: Model, low: number, extent: number): Model {
  return { map: model.map, set: { low, high: low + extent } };
}

/** Where each byte of the packed stream stands in memory. */
export function positions(model: Model, address: number, count: number): number[] {
  const { extent } = bounds(model);
  const found: number[] = [];
  for (let i = 0; i < count; i++)
    for (const { at, bytes } of model.map) for (let j = 0; j < bytes; j++) found.push(address + i * extent + at + j);
  return found;
}

/** Basic elements in the first bytes; undefined: the last is not whole. */
export function elementsIn({ map }: Model, bytes: number): number | undefined {
  let rest = bytes;
  let elements = 0;
  while (rest > 0) {
    const entry = map[elements % map.length];
    if (entry === undefined || entry.bytes > rest) return undefined;
    rest -= entry.bytes;
    elements++;
  }
  return elements;
}
