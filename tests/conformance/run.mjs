// `npm run conformance`: bundles the runner, which is TypeScript, to build/conformance/ and runs it on dist/.
// Usage: node tests/conformance/run.mjs wasi-testsuite DIR [option…]     see main.ts for the options

import { runBundled } from '../support/run-bundled.mjs';

await runBundled('conformance', { main: 'tests/conformance/main.ts', execute: 'tests/conformance/execute.ts' });
