// Fills the templates of configurations that CMake fills in LLVM's own builds.

import { Failure } from './failure.ts';

/** CMake's template of a configuration with its values. Errors: a value that the template does not know. */
export function renderSite(template: string, values: { readonly [name: string]: string }): string {
  const used = new Set<string>();
  const text = template
    .replace(/^#cmakedefine(01)? (\w+).*$/gm, (_, isNumber: string | undefined, name: string) => {
      used.add(name);
      const value = values[name];
      if (isNumber) return `#define ${name} ${value ?? '0'}`;
      return value === undefined ? `/* #undef ${name} */` : `#define ${name} ${value}`.trimEnd();
    })
    .replace(/^@\w+@$/gm, '');
  const unknown = Object.keys(values).filter((name) => !used.has(name));
  if (unknown.length > 0)
    throw new Failure(`a configuration does not know ${unknown.join(', ')}: another version of LLVM`);
  return text;
}
