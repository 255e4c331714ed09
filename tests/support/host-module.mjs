// Functions that programs import from a module: see tests/system/host-functions.

export const calls = [];

export const add = (a, b) => a + b;
export const wide = (a) => 2n * a;
export const half = (a) => a / 2;
export const mix = (a, b, c, d) => a + Number(b) + c + d;
export function note(text) {
  calls.push(this.readString(text));
}
export function fill(buffer, size) {
  if (size < 16) return 0;
  return this.writeString(buffer, 'from a module') - 1;
}
export const fail = () => {
  throw new Error('no way');
};
export const wrong = () => 'text';
export const late = async () => 1;
export const notAFunction = 1;
