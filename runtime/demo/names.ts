// How the demonstration calls an app: by the name that `fusedos apps` builds it under.

import type { GuestApp } from '../../guest-apps/catalog.ts';

/** Two languages have kernels of the same name. */
export function appTitle({ name, language }: GuestApp): string {
  return language === 'assemblyscript' ? `as-${name}` : name;
}

export function languageTitle({ language }: GuestApp): string {
  return { c: 'C', 'c++': 'C++', assemblyscript: 'AssemblyScript' }[language];
}
