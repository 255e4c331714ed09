// Directories of a mount as requests name them: by Linux's own number, and by the way down to it, so that whichever thread
// carries a request out can find a directory that it has not seen, or has let go. What a thread knows of directories is thus
// a cache, and no thread must be told when a directory is not needed any more.
// Written by whoever asks (no builtins at load), read by known-places.
//
//   a step of the way: number │ device │ inode (float64, float64, u64) │ length of the name (u8) │ name    little-endian

/** A directory, as a request names it. */
export interface HostPlace {
  /** 0: the top; no other number stands for two directories of a mount. */
  readonly id: number;
  /** Where the way begins: a directory that the thread was told of before; 0: the top. */
  readonly from: number;
  readonly way: Uint8Array;
}

/** One directory below another. */
export interface PlaceStep {
  readonly id: number;
  readonly dev: number;
  readonly ino: bigint;
  readonly name: Uint8Array;
}

/** Most bytes of a way in one request. */
export const WAY_LIMIT = 1800;
const STEP_HEADER = 25;

export const TOP: HostPlace = { id: 0, from: 0, way: new Uint8Array(0) };

/**
 * The place at the end of a way from the top.
 *
 * @returns it last; before it, for a way that does not fit, the places that a thread must be told of first, in this order
 */
export function placesOf(steps: readonly PlaceStep[]): HostPlace[] {
  const places: HostPlace[] = [];
  for (let next = 0, from = 0; next < steps.length; ) {
    const begin = next;
    let length = 0;
    for (; next < steps.length; next++) {
      const more = STEP_HEADER + (steps[next] as PlaceStep).name.length;
      if (length + more > WAY_LIMIT) break;
      length += more;
    }
    const { id } = steps[next - 1] as PlaceStep;
    places.push({ id, from, way: encodeSteps(steps.slice(begin, next), length) });
    from = id;
  }
  return places.length > 0 ? places : [TOP];
}

/** The steps of a way. */
export function* stepsOf(way: Uint8Array): Generator<PlaceStep> {
  const view = new DataView(way.buffer, way.byteOffset, way.length);
  for (let at = 0; at < way.length; ) {
    const end = at + STEP_HEADER + view.getUint8(at + STEP_HEADER - 1);
    yield {
      id: view.getFloat64(at, true),
      dev: view.getFloat64(at + 8, true),
      ino: view.getBigUint64(at + 16, true),
      name: way.subarray(at + STEP_HEADER, end),
    };
    at = end;
  }
}

function encodeSteps(steps: readonly PlaceStep[], length: number): Uint8Array {
  const way = new Uint8Array(length);
  const view = new DataView(way.buffer);
  let at = 0;
  for (const { id, dev, ino, name } of steps) {
    view.setFloat64(at, id, true);
    view.setFloat64(at + 8, dev, true);
    view.setBigUint64(at + 16, ino, true);
    view.setUint8(at + STEP_HEADER - 1, name.length);
    way.set(name, at + STEP_HEADER);
    at += STEP_HEADER + name.length;
  }
  return way;
}
