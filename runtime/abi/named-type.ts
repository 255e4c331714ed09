// What a parameter's named type is.

/** A type whose values have names: one of them (`enum`) or a sum of some (`flags`). */
export interface NamedType {
  readonly form: 'enum' | 'flags';
  readonly values: { readonly [name: string]: number };
}
