import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const docs = fileURLToPath(new URL('../', import.meta.url))
const compiler = join(docs, '../node_modules/.bin/tsc')
const expected = /^\s*\/\/ @ts-expect-error .*\n/gm

/** A source as readers see it: without the lines that let its mistakes pass. */
export function withoutExpectations(source: string): string {
  return source.replace(expected, '')
}

/**
 * What the compiler says of each region of a source whose mistakes are expected. A message is cut to its first and its last line: the
 * lines between lead from one to the other.
 */
export async function messagesOf(path: string): Promise<ReadonlyMap<string, string>> {
  const source = withoutExpectations(readFileSync(path, 'utf8'))
  const output = await compile(path, source)
  const regionAt = regionsByLine(source)
  const messages = new Map<string, string>()
  for (const [, line = '', text = ''] of output.matchAll(/^\S+\((\d+),\d+\): error (TS[\s\S]*?)(?=^\S|$(?![\s\S]))/gm)) {
    const region = regionAt(Number(line))
    const lines = text.trimEnd().split('\n')
    const shown = lines.length < 3 ? lines : [lines[0], lines.at(-1)?.replace(/^ +/, '  ')]
    messages.set(region, `${messages.get(region) ?? ''}${shown.join('\n')}\n`)
  }
  return messages
}

/** Compiles a copy beside the original, in a folder of its own. */
async function compile(path: string, source: string): Promise<string> {
  mkdirSync(join(docs, 'tmp'), { recursive: true })
  const folder = mkdtempSync(join(docs, 'tmp', 'compile-'))
  try {
    const here = relative(folder, dirname(path))
    writeFileSync(join(folder, basename(path)), source.replaceAll("from './", `from '${here}/`))
    const config = { extends: '../../tsconfig.json', include: ['*.ts'], exclude: [] }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
    return await new Promise((resolve) => {
      execFile(compiler, ['-p', folder, '--pretty', 'false'], { cwd: folder, encoding: 'utf8' }, (_, stdout) => resolve(stdout))
    })
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function regionsByLine(source: string): (line: number) => string {
  const names: string[] = []
  let open = ''
  for (const line of source.split('\n')) {
    const name = /#region (\S+)/.exec(line)?.[1]
    if (name !== undefined) open = name
    else if (line.includes('#endregion')) open = ''
    names.push(open)
  }
  return (line) => names[line - 1] ?? ''
}
