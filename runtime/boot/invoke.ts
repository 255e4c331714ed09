// Calling an exported function from the command line: its arguments are text. WebAssembly tells a host only how many
// parameters a function has, not their types; so a number is tried as a number, then as a bigint.

/** @returns the arguments as values, or what is wrong with them */
export function parseArguments(target: CallableFunction, args: readonly string[]): (number | bigint)[] | string {
  if (args.length !== target.length) return `takes ${target.length} arguments, got ${args.length}`;
  const values: (number | bigint)[] = [];
  for (const text of args) {
    if (/^[+-]?\d+n$/.test(text)) values.push(BigInt(text.slice(0, -1)));
    else if (text.trim() === '' || Number.isNaN(Number(text))) return `"${text}" is not a number`;
    else values.push(Number(text));
  }
  return values;
}

/** The results of a call as lines of text. */
export function renderValues(result: unknown): string[] {
  if (result === undefined) return [];
  return (Array.isArray(result) ? result : [result]).map(String);
}
