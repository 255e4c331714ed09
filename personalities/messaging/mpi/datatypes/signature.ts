// What a datatype consists of, in order, whatever its displacements: how many basic elements a number of bytes is (MPI_Get_elements), and of
// which predefined type alone it is, if it is. As compact as the layout: what repeats stands once.

/** A predefined type, as a part of others. */
export interface Basic {
  readonly handle: number;
  readonly bytes: number;
  /** Of its elements: one, but of a pair of a value and an index two. */
  readonly elementBytes: readonly number[];
}

export interface Signature {
  readonly bytes: number;
  /** Basic ones. */
  readonly elements: number;
  /** Of which alone it consists, how many times. */
  readonly uniform: { readonly basic: Basic; readonly count: number } | undefined;
  /** How many basic elements the first bytes are; undefined: the last is not whole. @param bytes fewer than it has */
  elementsIn(bytes: number): number | undefined;
  /** How many bytes its first basic elements have. @param elements fewer than it has */
  bytesOf(elements: number): number;
}

class Uniform implements Signature {
  readonly bytes: number;
  readonly elements: number;
  readonly uniform: { readonly basic: Basic; readonly count: number };

  constructor(basic: Basic, count: number) {
    this.bytes = count * basic.bytes;
    this.elements = count * basic.elementBytes.length;
    this.uniform = { basic, count };
  }

  elementsIn(bytes: number): number | undefined {
    const { basic } = this.uniform;
    let elements = Math.floor(bytes / basic.bytes) * basic.elementBytes.length;
    let rest = bytes % basic.bytes;
    for (const size of basic.elementBytes) {
      if (rest < size) break;
      rest -= size;
      elements++;
    }
    return rest === 0 ? elements : undefined;
  }

  bytesOf(elements: number): number {
    const { basic } = this.uniform;
    const whole = Math.floor(elements / basic.elementBytes.length);
    const rest = basic.elementBytes.slice(0, elements - whole * basic.elementBytes.length);
    return whole * basic.bytes + rest.reduce((sum, size) => sum + size, 0);
  }
}

class Repeated implements Signature {
  readonly bytes: number;
  readonly elements: number;
  readonly uniform = undefined;
  readonly body: Signature;

  constructor(body: Signature, count: number) {
    this.bytes = count * body.bytes;
    this.elements = count * body.elements;
    this.body = body;
  }

  elementsIn(bytes: number): number | undefined {
    const whole = Math.floor(bytes / this.body.bytes);
    const rest = this.body.elementsIn(bytes - whole * this.body.bytes);
    return rest === undefined ? undefined : whole * this.body.elements + rest;
  }

  bytesOf(elements: number): number {
    const whole = Math.floor(elements / this.body.elements);
    return whole * this.body.bytes + this.body.bytesOf(elements - whole * this.body.elements);
  }
}

class Sequence implements Signature {
  readonly bytes: number;
  readonly elements: number;
  readonly uniform = undefined;
  readonly parts: readonly Signature[];

  constructor(parts: readonly Signature[]) {
    this.bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
    this.elements = parts.reduce((sum, part) => sum + part.elements, 0);
    this.parts = parts;
  }

  elementsIn(bytes: number): number | undefined {
    let elements = 0;
    let rest = bytes;
    for (const part of this.parts) {
      if (rest < part.bytes) {
        const some = part.elementsIn(rest);
        return some === undefined ? undefined : elements + some;
      }
      rest -= part.bytes;
      elements += part.elements;
    }
    return elements;
  }

  bytesOf(elements: number): number {
    let bytes = 0;
    let rest = elements;
    for (const part of this.parts) {
      if (rest < part.elements) return bytes + part.bytesOf(rest);
      rest -= part.elements;
      bytes += part.bytes;
    }
    return bytes;
  }
}

export const NO_ELEMENTS: Signature = new Sequence([]);

export function basicSignature(basic: Basic): Signature {
  return new Uniform(basic, 1);
}

export function repeatedSignature(body: Signature, count: number): Signature {
  if (count === 0 || body.elements === 0) return NO_ELEMENTS;
  if (count === 1) return body;
  const { uniform } = body;
  return uniform === undefined ? new Repeated(body, count) : new Uniform(uniform.basic, uniform.count * count);
}

/** Puts signatures behind one another. */
export class SignatureBuilder {
  readonly #parts: { body: Signature; count: number }[] = [];

  /** A signature so many times. */
  add(body: Signature, count: number): void {
    if (body.elements === 0) return;
    const last = this.#parts.at(-1);
    const { uniform } = body;
    if (last !== undefined && uniform !== undefined && last.body.uniform?.basic === uniform.basic) {
      const before = last.body.uniform.count * last.count;
      last.body = new Uniform(uniform.basic, before + uniform.count * count);
      last.count = 1;
    } else if (last?.body === body) last.count += count;
    else this.#parts.push({ body, count });
  }

  finish(): Signature {
    const parts = this.#parts.map(({ body, count }) => repeatedSignature(body, count));
    const [first] = parts;
    if (first === undefined) return NO_ELEMENTS;
    return parts.length === 1 ? first : new Sequence(parts);
  }
}
