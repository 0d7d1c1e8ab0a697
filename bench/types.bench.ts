import { rmSync } from 'node:fs'
import { reportFigure } from './figure.ts'
import { compile, type Cost, writeProgram } from './types/compile.ts'
import { sources } from './types/sources.ts'

/**
 * What a plan of 200 steps costs the compiler, over an empty file with the same settings. The factories of its steps, with their schemas,
 * are compiled with it, which is more than the author of a plan pays: packages publish declarations without schemas.
 *
 * The programs are compiled in turns, and the fastest of the turns counts: whatever else the machine does makes a compiler slower only.
 */
const turns = 7
const names = Object.keys(sources)
const folder = writeProgram()

try {
  const best = new Map<string, Cost>()
  for (let turn = 0; turn < turns; turn++) {
    for (const name of names) {
      const cost = compile(folder, name)
      const known = best.get(name)
      if (known === undefined || cost.totalMs < known.totalMs) best.set(name, cost)
    }
  }
  for (const name of names) console.log(lineOf(name, best.get(name) as Cost))
  const overEmpty = (best.get('plan-of-200') as Cost).totalMs - (best.get('empty') as Cost).totalMs
  const perStep = instantiationsOver('plan-of-1000', 'plan-of-200') / 800
  reportFigure({ name: 'types-200-step-plan-over-empty', value: overEmpty / 1000, unit: 's', target: { atMost: 1 } })
  reportFigure({ name: 'types-instantiations-per-further-step', value: perStep, unit: '', target: { atMost: 50 } })

  function instantiationsOver(name: string, other: string): number {
    return (best.get(name) as Cost).instantiations - (best.get(other) as Cost).instantiations
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function lineOf(name: string, { totalMs, checkMs, instantiations, types, memoryMb }: Cost): string {
  const numbers = [
    `${totalMs.toFixed(0)} ms`,
    `check ${checkMs.toFixed(0)} ms`,
    `${instantiations} instantiations`,
    `${types} types`,
    `${memoryMb.toFixed(0)} MB`,
  ]
  return `${name.padEnd(12)} ${numbers.map((text) => text.padStart(22)).join('')}`
}
