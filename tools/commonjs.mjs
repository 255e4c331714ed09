// Bundles a program for Node as CommonJS files: what it loads at once is one file, what it loads with import() is others, which
// share the modules of the first. Node takes a CommonJS file milliseconds sooner than an ES module, which counts in a short
// run; esbuild splits only ES modules, so its chunks are bundled a second time here. Called by tools/build.mjs.

import { chmodSync } from 'node:fs';
import { basename, join } from 'node:path';
import { build } from 'esbuild';

/**
 * For files that say `import.meta.url`. A bundler may make an ES module of one, which has neither a file name nor `require`: then
 * the program that was started is taken for the bundle.
 */
const FILE_URL =
  'const fileUrl = process.getBuiltinModule("node:url").pathToFileURL(typeof __filename === "string" ? __filename : process.argv[1] ?? "").href;';

/**
 * Writes NAME.cjs, and a file for each part that it loads later.
 *
 * @param options esbuild's, without entries and format
 * @param entry the source of NAME.cjs
 * @param whole the parts that get all they need into their own file, as far as NAME.cjs has it not; of other parts, what
 *   two of them need is a file by itself
 * @returns the names that NAME.cjs exports
 */
export async function buildCommonJs(options, name, entry, whole = []) {
  const chunks = await splitIntoChunks(options, name, entry);
  const fileOf = assignFiles(chunks, `${name}.js`, whole);
  for (const head of new Set(fileOf.values())) await writeFile(options, chunks, fileOf, head);
  return chunks.get(`${name}.js`).exports;
}

/** @returns by name: the text of each chunk, what it exports, which chunks it imports at once (`now`) and by import() (`later`) */
async function splitIntoChunks(options, name, entry) {
  const { outputFiles, metafile } = await build({
    ...options,
    entryPoints: { [name]: entry },
    format: 'esm',
    splitting: true,
    metafile: true,
    write: false,
  });
  const texts = new Map(outputFiles.map(({ path, text }) => [basename(path), text]));
  return new Map(
    Object.entries(metafile.outputs).map(([path, { imports, exports }]) => {
      const imported = (kind) =>
        imports.filter((one) => one.kind === kind && !one.external).map((one) => basename(one.path));
      const file = basename(path);
      const now = imported('import-statement');
      return [file, { text: texts.get(file), exports, now, later: imported('dynamic-import') }];
    }),
  );
}

/** @returns by chunk, the chunk that heads its file: no chunk is in two, since there must not be two of a module */
function assignFiles(chunks, first, whole) {
  const heads = [...new Set([...chunks.values()].flatMap(({ later }) => later))];
  const isWhole = (head) => whole.some((name) => head.startsWith(`${name}-`));
  const fileOf = new Map();
  for (const head of [first, ...heads.filter(isWhole)]) {
    for (const chunk of closureOf(chunks, head)) if (!fileOf.has(chunk)) fileOf.set(chunk, head);
  }
  const rest = heads.map((head) => ({ head, closure: closureOf(chunks, head) }));
  for (const chunk of chunks.keys()) {
    if (fileOf.has(chunk)) continue;
    const users = rest.filter(({ closure }) => closure.has(chunk));
    fileOf.set(chunk, users.length === 1 ? users[0].head : chunk);
  }
  return fileOf;
}

/** A chunk and all that it needs at once. */
function closureOf(chunks, head) {
  const closure = new Set([head]);
  for (const chunk of closure) for (const other of chunks.get(chunk).now) closure.add(other);
  return closure;
}

async function writeFile(options, chunks, fileOf, head) {
  const own = [...fileOf.keys()].filter((chunk) => fileOf.get(chunk) === head);
  const isWantedElsewhere = (chunk) =>
    [...chunks].some(([name, { now, later }]) => fileOf.get(name) !== head && [...now, ...later].includes(chunk));
  const shared = own.filter((chunk) => chunk !== head && isWantedElsewhere(chunk));
  const texts = own.map((chunk) => chunks.get(chunk).text);
  const banner = [
    ...(chunks.get(head).text.match(/^#!.*/) ?? []),
    ...(texts.some((text) => text.includes('import.meta.url')) ? [FILE_URL] : []),
  ];
  const outfile = join(options.outdir, basename(head, '.js').concat('.cjs'));
  await build({
    ...options,
    outdir: undefined,
    outfile,
    format: 'cjs',
    define: { ...options.define, 'import.meta.url': 'fileUrl' },
    banner: { js: banner.join('\n') },
    stdin: {
      contents: [
        ...shared.map((chunk) => `export * as ${exportName(chunk)} from './${chunk}';`),
        `export * from './${head}';`,
      ].join('\n'),
      resolveDir: options.outdir,
    },
    plugins: [chunkLoader(chunks, fileOf, head)],
  });
  if (banner[0]?.startsWith('#!')) chmodSync(outfile, 0o755);
}

/**
 * Gives esbuild the chunks of one file; those of others are taken from what these export, once: through the accessors that
 * esbuild makes of exports, each use would call a function, and a read of 4 KiB under placement `library` cost a tenth more.
 */
function chunkLoader(chunks, fileOf, head) {
  const fileName = (other) => `./${basename(other, '.js')}.cjs`;
  return {
    name: 'chunks',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^\.\// }, ({ path }) => {
        const chunk = basename(path);
        const file = fileOf.get(chunk);
        if (file === undefined) return { path, external: true };
        return { path: chunk, namespace: file === head ? 'own' : 'foreign' };
      });
      onLoad({ filter: /.*/, namespace: 'own' }, ({ path }) => ({
        contents: requireLater(chunks.get(path).text),
        resolveDir: '.',
      }));
      onLoad({ filter: /.*/, namespace: 'foreign' }, ({ path }) => {
        const file = fileOf.get(path);
        const found = `require("${fileName(file)}")${file === path ? '' : `.${exportName(path)}`}`;
        const copies = chunks.get(path).exports.map((name) => `export const ${name} = chunk.${name};`);
        return { contents: [`const chunk = ${found};`, ...copies].join('\n'), resolveDir: '.' };
      });
    },
  };
}

/** Node would load its machinery for ES modules to import() our own parts; a user's module still comes that way. */
function requireLater(text) {
  return text.replaceAll(/\bimport\(("\.\/[^"]+")\)/g, 'Promise.resolve().then(()=>require($1))');
}

function exportName(chunk) {
  return chunk.replaceAll(/\W/g, '_');
}
