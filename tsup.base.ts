import { existsSync, readFileSync } from 'node:fs'
import { defineConfig } from 'tsup'

/**
 * The one build recipe: JavaScript by tsup, declarations by `tsc -p tsconfig.build.json` (each package's `build` script,
 * run in the folder of the package).
 *
 * The entries are the `exports` of the package itself, so that a package states its public surface once. Dependencies
 * and peers stay imports; nothing is bundled in. To change the bundler, change this file.
 */
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as { exports: Record<string, string> }
const entries = Object.values(manifest.exports).filter((path) => path.endsWith('.ts'))
const missing = entries.filter((path) => !existsSync(path))
if (entries.length === 0 || missing.length > 0) throw new Error(`exports of package.json name no source file: ${missing.join(', ')}`)

export default defineConfig({
  entry: Object.fromEntries(entries.map((path) => [path.replace(/^\.\/src\//, '').replace(/\.ts$/, ''), path])),
  format: ['esm'],
  target: 'node22',
  platform: 'neutral',
  external: [/^node:/],
  sourcemap: true,
  splitting: true,
  clean: true,
  dts: false,
})
