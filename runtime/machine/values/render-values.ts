// What a function gave, as text; in the guest's worker, which asks for nothing else of invoke.ts.

/** The results of a call as lines of text. */
export function renderValues(result: unknown): string[] {
  if (result === undefined) return [];
  return (Array.isArray(result) ? result : [result]).map(String);
}
