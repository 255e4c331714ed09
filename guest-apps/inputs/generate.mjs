// Writes the input files of the guest apps; they are checked in, this tells how they were made. laplacian.mtx: the
// 5-point Laplacian of a 64 x 64 grid with zero edges (2-D Poisson), symmetric, lower half. argon.xyz: 6 x 6 x 6 face-
// centred cubic cells, 864 atoms, in the box of Rahman (Phys. Rev. 136, A405, 1964), 10.229 sigma of 3.4 angstroms.
// Usage: node guest-apps/inputs/generate.mjs
import { writeFileSync } from 'node:fs';

const here = new URL('./', import.meta.url);

function laplacian(edge) {
  const entries = [];
  for (let i = 1; i <= edge * edge; i++) {
    entries.push(`${i} ${i} 4`);
    if (i % edge !== 0) entries.push(`${i + 1} ${i} -1`);
    if (i + edge <= edge * edge) entries.push(`${i + edge} ${i} -1`);
  }
  return [
    '%%MatrixMarket matrix coordinate real symmetric',
    `% 5-point Laplacian of a ${edge} x ${edge} grid, zero on its edge`,
    `${edge * edge} ${edge * edge} ${entries.length}`,
    ...entries,
    '',
  ].join('\n');
}

function argon(cells) {
  const box = 10.229 * 3.4;
  const basis = [
    [1, 1, 1],
    [3, 3, 1],
    [3, 1, 3],
    [1, 3, 3],
  ];
  const lattice = `${box.toFixed(6)} 0 0 0 ${box.toFixed(6)} 0 0 0 ${box.toFixed(6)}`;
  const lines = [`${4 * cells ** 3}`, `Lattice="${lattice}" Properties=species:S:1:pos:R:3`];
  for (let cell = 0; cell < cells ** 3; cell++) {
    const corner = [cell % cells, Math.floor(cell / cells) % cells, Math.floor(cell / cells ** 2)];
    for (const offset of basis) {
      const at = corner.map((c, axis) => (((c + (offset[axis] ?? 0) / 4) * box) / cells).toFixed(6));
      lines.push(`Ar ${at.join(' ')}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

writeFileSync(new URL('laplacian.mtx', here), laplacian(64));
writeFileSync(new URL('argon.xyz', here), argon(6));
