// Bundles the benches, which are TypeScript, into dist/bench/ and loads one of them: Node 20 cannot read TypeScript, and what
// is shipped and measured is bundled anyway.
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { rolldown } from 'rolldown'
import { bundleOptions } from './bundle-options.mjs'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Runs the build with these arguments; ends this process if it fails. */
export function buildFirnix(...args) {
  const { status } = spawnSync(process.execPath, [join(root, 'scripts/build.mjs'), ...args], {
    cwd: root,
    stdio: 'inherit',
  })
  if (status !== 0) process.exit(status ?? 1)
}

/** Bundles bench/NAME.ts for each name, with the counters of a counting build on request; answers the module of the first. */
export async function loadBench(names, { count = false } = {}) {
  const dir = join(root, 'dist/bench')
  mkdirSync(dir, { recursive: true })
  writeFileSync(join(dir, 'package.json'), '{ "type": "module" }\n')
  for (const name of names) {
    const build = await rolldown({
      ...bundleOptions({ count }),
      input: join(root, `bench/${name}.ts`),
      external: [/^node:/, 'benny', 'tinybench', 'msgpackr-extract'],
    })
    await build.write({ file: join(dir, `${name}.js`), format: 'esm', codeSplitting: false })
    await build.close()
  }
  return import(pathToFileURL(join(dir, `${names[0]}.js`)).href)
}
