import { builtinModules } from 'node:module'

const statement = /^[ \t]*(?:import|export)\b[^'"`;]*?\bfrom[ \t]*['"]([^'"]+)['"]/gm
const bare = /^[ \t]*import[ \t]*['"]([^'"]+)['"]/gm
const dynamic = /\b(?:import|require)\([ \t]*['"]([^'"]+)['"]/g
const commentLine = /^[ \t]*(?:\/?\*|\/\/)/

/** The modules that a TypeScript source names, dynamic imports too; examples inside comments do not count. */
export function importsIn(source: string): readonly string[] {
  const code = source
    .split('\n')
    .map((line) => (commentLine.test(line) ? '' : line))
    .join('\n')
  return [statement, bare, dynamic].flatMap((pattern) => [...code.matchAll(pattern)].map((match) => match[1] ?? ''))
}

export function isRelative(specifier: string): boolean {
  return specifier.startsWith('.')
}

/** `node:fs`, and `fs` too. */
export function isNodeModule(specifier: string): boolean {
  return specifier.startsWith('node:') || builtinModules.includes(specifier)
}

/** `@noble/hashes` for `@noble/hashes/sha2.js`. */
export function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}
