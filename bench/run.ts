import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Measures, and compares with the targets.
 *
 *   pnpm bench          runs every bench/*.bench.ts, one after another
 *   pnpm bench <name>   runs bench/<name>.bench.ts, with the arguments that follow
 *
 * A bench prints one line a figure, `name value target ok|missed`, or `name value info` for a number without a target (`reportFigure` and
 * `reportInfo` in figure.ts write them); its other lines are shown as they are. The exit code is 1 when a figure is missed, when a bench fails, or when one measures nothing.
 */
const figurePattern = /^[a-z0-9-]+ \S+ ([<>]=\S+ (ok|missed)|info)$/

interface BenchResult {
  readonly name: string
  readonly figures: readonly string[]
  readonly exitCode: number
}

function runBench(name: string, args: readonly string[]): Promise<BenchResult> {
  const child = spawn(process.execPath, ['--expose-gc', join(import.meta.dirname, `${name}.bench.ts`), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString('utf8')
    process.stdout.write(chunk)
  })
  return new Promise((resolve) => {
    child.on('close', (code) =>
      resolve({ name, figures: text.split('\n').filter((line) => figurePattern.test(line)), exitCode: code ?? 1 }),
    )
  })
}

function faultsOf({ name, figures, exitCode }: BenchResult): readonly string[] {
  const missed = figures.filter((line) => line.endsWith(' missed'))
  return [
    ...missed.map((line) => `${name}: ${line}`),
    ...(figures.length === 0 ? [`${name}: measured nothing`] : []),
    ...(exitCode !== 0 && missed.length === 0 ? [`${name}: ended with exit code ${exitCode}`] : []),
  ]
}

async function main(): Promise<number> {
  const [wanted, ...args] = process.argv.slice(2)
  const files = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.bench.ts'))
  const names = files.map((file) => file.replace(/\.bench\.ts$/, '')).sort()
  const chosen = wanted === undefined ? names : names.filter((name) => name === wanted)
  if (chosen.length === 0) {
    console.error(
      wanted === undefined
        ? 'no bench/*.bench.ts found: nothing was measured'
        : `no bench is named ${wanted}; there are ${names.join(', ')}`,
    )
    return 2
  }
  const results: BenchResult[] = []
  for (const name of chosen) results.push(await runBench(name, args))
  const faults = results.flatMap(faultsOf)
  const figures = results.reduce((sum, result) => sum + result.figures.length, 0)
  console.log(
    `\n${figures} figures from ${results.length} benches${faults.length === 0 ? ', every target reached' : `:\n${faults.join('\n')}`}`,
  )
  return faults.length === 0 ? 0 : 1
}

process.exitCode = await main()
