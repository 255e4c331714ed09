// Amounts on the command line, with their units: times as `--timeout 2s`, sizes as `--memory 512MiB`.

const MILLISECONDS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const BYTES: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 2 ** 10,
  kib: 2 ** 10,
  kb: 1e3,
  m: 2 ** 20,
  mib: 2 ** 20,
  mb: 1e6,
  g: 2 ** 30,
  gib: 2 ** 30,
  gb: 1e9,
};

/** @returns milliseconds; undefined when the text is no time */
export function parseTime(text: string): number | undefined {
  return parseAmount(text, MILLISECONDS);
}

/** @returns whole bytes; undefined when the text is no size */
export function parseSize(text: string): number | undefined {
  const bytes = parseAmount(text, BYTES);
  return bytes === undefined ? undefined : Math.floor(bytes);
}

function parseAmount(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?) ?([A-Za-z]*)$/.exec(text) ?? [];
  const factor = Object.hasOwn(units, unit.toLowerCase()) ? units[unit.toLowerCase()] : undefined;
  return digits === undefined || factor === undefined ? undefined : Number(digits) * factor;
}
