import { during, fallback, is, notice, observe, optional, sequence, together, when, type PlanNode, type RunView } from '@backstep/core'
import { RunStopped, type RunRequest } from '../../src/index.ts'
import { ana, leafOf, makeDemo, runId, type Demo, type Fate } from './demo.ts'
import { failure, verdicts, type Hook } from './demo-world.ts'

type Node = PlanNode<'none' | 'reversible'>

/** The same numbers for the same seed (mulberry32 by Tommy Ettinger). */
export function numbers(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const behaviours = ['good', 'good', 'good', 'good', 'refused', 'lost before', 'lost after', 'unhealthy', 'defect', 'half', 'busy'] as const
const groups = [
  'step',
  'step',
  'sequence',
  'together',
  'together',
  'fallback',
  'fallback',
  'during',
  'optional',
  'when',
  'observe',
  'notice',
] as const

/** A random plan, and the steps in it that go wrong. Building it again gives the same plan. */
export function randomPlan(demo: Demo, seed: number): ReturnType<Demo['plan']> {
  const next = numbers(seed)
  const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)] as T
  let count = 0
  const step = (): ReturnType<Demo['set']> => {
    const name = `s${count++}`
    const isOnce = next() < 0.3
    misbehave(demo, name, { behaviour: pick(behaviours), losesUndo: next() < 0.15, isOnce })
    return (isOnce ? demo.once : demo.set)({ name, to: 'new' })
  }
  const some = (depth: number): readonly Node[] => Array.from({ length: 2 + Math.floor(next() * 2) }, () => node(depth - 1))
  const node = (depth: number): Node => {
    switch (depth === 0 ? 'step' : pick(groups)) {
      case 'sequence':
        return sequence(...some(depth))
      case 'together':
        return together(...some(depth))
      case 'fallback':
        return fallback(...some(depth))
      case 'during':
        return during(step(), node(depth - 1))
      case 'optional':
        return optional(node(depth - 1))
      case 'when': {
        const first = step()
        const late = demo.set({ name: `s${count++}`, to: first.output.value })
        return sequence(first, when(is(first.output.value, 'new'), late, node(depth - 1)))
      }
      case 'observe':
        return observe({ name: `o${count++}`, checks: [demo.check({ name: 'all' })], for: '3s', deadline: '1m' })
      case 'notice':
        return notice('demo.said', { number: count++ })
      default:
        return step()
    }
  }
  return demo.plan(sequence(...Array.from({ length: 2 + Math.floor(next() * 2) }, () => node(3))))
}

const prepared = new WeakMap<Demo, Set<string>>()

interface Misbehaviour {
  readonly behaviour: (typeof behaviours)[number]
  readonly losesUndo: boolean
  readonly isOnce: boolean
}

/**
 * Each behaviour is told to the world once, although the plan is built again for every process. A step with one attempt fails at each:
 * else a crash, which is no attempt, would give it a second chance.
 */
function misbehave(demo: Demo, name: string, { behaviour, losesUndo, isOnce }: Misbehaviour): void {
  const known = prepared.get(demo) ?? new Set()
  prepared.set(demo, known)
  if (known.has(name)) return
  known.add(name)
  const first =
    (hook: () => void): Hook =>
    (call) =>
      call === 1 ? hook() : undefined
  const timesOut = says('TIMED_OUT')
  const breaks = (): never => {
    throw new TypeError('a defect of the step')
  }
  const stopsHalfWay = (): void => {
    demo.values.set(name, 'half')
    timesOut()
  }
  const hooks: Readonly<Record<typeof behaviour, readonly [method: 'do' | 'did' | 'verify', hook: Hook]>> = {
    good: ['did', () => undefined],
    refused: ['do', says('REJECTED')],
    busy: ['do', isOnce ? says('RATE_LIMITED') : first(says('RATE_LIMITED'))],
    'lost before': ['do', isOnce ? timesOut : first(timesOut)],
    'lost after': ['did', first(timesOut)],
    defect: ['did', first(breaks)],
    half: ['do', first(stopsHalfWay)],
    unhealthy: ['verify', () => verdicts.unhealthy],
  }
  const [method, hook] = hooks[behaviour]
  demo.on(method, name, hook)
  if (losesUndo) demo.on('undid', name, first(timesOut))
}

function says(code: 'REJECTED' | 'RATE_LIMITED' | 'TIMED_OUT'): () => never {
  return () => {
    throw failure(code)
  }
}

/** How a run ended, and the world. Timing decides between aborted and compensated. */
export function endOf(demo: Demo, view: RunView): string {
  const values = [...demo.values].filter(([, value]) => value !== 'old').map(([name, value]) => `${name} ${value}`)
  return `${view.outcome === 'aborted' ? 'compensated' : view.outcome}: ${values.sort().join(', ')}`
}

/** A person who looks at the world and says what is true. */
function truthful(demo: Demo): { readonly onBlocked: (view: RunView) => Promise<RunRequest> } {
  return {
    async onBlocked(view) {
      const [first] = view.answers
      const id = first?.id ?? ''
      const base = { ask: 'operator', id, actor: ana, reason: 'looked' } as const
      if (id === '') return { ...base, answer: 'abandon' }
      if (first?.answers.includes('applied') !== true) return { ...base, answer: 'skip' }
      const name = id.slice(id.indexOf('@') + 1).replace(/ release$/, '')
      const isThere = demo.valueOf(name) === (id.endsWith(' release') ? 'old' : 'new')
      if (demo.valueOf(name) === 'half') demo.values.set(name, 'old')
      return isThere ? { ...base, answer: 'applied', receipt: { value: 'new' } } : { ...base, answer: 'not-applied' }
    },
  }
}

export interface Ended {
  readonly demo: Demo
  readonly view: RunView
  readonly records: Awaited<ReturnType<Demo['records']>>
  /** What must never happen, and did. */
  readonly problems: readonly string[]
}

/** Runs the plan of a seed to its end; the first process dies where it is told to, the next one goes on. */
export async function runToEnd(seed: number, fate?: (demo: Demo) => Fate): Promise<Ended> {
  const demo = makeDemo()
  const problems: string[] = []
  const build = (): ReturnType<Demo['plan']> => randomPlan(demo, seed)
  const approved = await demo.preview(build())
  watchEffects(
    demo,
    approved.steps.map(({ id }) => id),
    problems,
  )
  const dies = Promise.withResolvers<undefined>()
  const decide = fate?.(demo)
  demo.diesAt((record, index) => {
    const then = decide?.(record, index) ?? 'keep'
    if (then.startsWith('hang')) dies.resolve(undefined)
    return then
  })
  const first = demo.run(build(), { approved, ...truthful(demo) }).catch((error: unknown) => {
    if (!(error instanceof RunStopped)) throw error
    return undefined
  })
  let view = await Promise.race([first, dies.promise])
  if (view === undefined) {
    await demo.time.pass(1) // what was under way in this moment happens or does not
    demo.kill()
    view = await demo.resume(build(), truthful(demo))
  }
  const records = await demo.records()
  demo.kill()
  return { demo, view, records, problems: [...problems, ...problemsOfRecords(records), ...problemsOfEnd(demo, view)] }
}

/** No effect without an intent that is in the store, and none twice for a step that must not be repeated. */
function watchEffects(demo: Demo, ids: readonly string[], problems: string[]): void {
  for (const id of ids) {
    const name = id.slice(id.indexOf('@') + 1)
    demo.on('do', name, async () => {
      const { records } = await demo.ports.store.read(runId)
      if (!records.some((record) => 'id' in record && record.id.startsWith(id) && record.type.endsWith('intended')))
        problems.push(`${id} without an intent`)
      if (id.startsWith('demo.once') && demo.valueOf(name) === 'new') problems.push(`${id} twice`)
    })
  }
}

function problemsOfRecords(records: Ended['records']): readonly string[] {
  const ends = records.filter(({ type }) => type === 'run.finished').length
  return ends > 1 ? ['two ends'] : []
}

function problemsOfEnd(demo: Demo, view: RunView): readonly string[] {
  const standing = [...demo.values].filter(([, value]) => value !== 'old').map(([name]) => name)
  if (view.outcome === undefined) return [`no end: ${JSON.stringify(view.blocked)}`]
  const isBack = view.outcome === 'compensated' || view.outcome === 'aborted'
  const untold = standing.filter((name) => !['demo.set', 'demo.once'].some((kind) => leafOf(view, `${kind}@${name}`)?.touched === true))
  return [
    ...(isBack && standing.length > 0 ? [`${view.outcome}, but ${standing.join()} stands`] : []),
    ...untold.map((name) => `${name} stands, and the run does not know`),
  ]
}
