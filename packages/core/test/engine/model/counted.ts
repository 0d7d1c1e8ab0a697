import type { Engine } from './engine.ts'
import type { Command, IndexedLeaf, RecordBody, Run, RunRecord, SealedPlan } from '../../../src/index.ts'

/** How often the engine touched something that there is one of per node of the plan. */
export interface Count {
  touched: number
}

/** A run whose every list and set counts each element that is looked at. */
export function countedRun(engine: Engine, plan: SealedPlan, count: Count): Run {
  const run = engine.startRun(plan)
  for (const node of run.index.nodes) Object.assign(node, { children: counted(node.children, count) })
  const { leaves, memos, index, toSurvey, waitingForReady, openGates, outstanding } = run
  const sets = {
    toSurvey: countedSet(toSurvey, count),
    waitingForReady: countedSet(waitingForReady, count),
    openGates: countedSet(openGates, count),
  }
  return {
    ...run,
    ...sets,
    leaves: counted(leaves, count),
    memos: counted(memos, count),
    index: { ...index, nodes: counted(index.nodes, count) },
    outstanding: countedMap(outstanding, count),
  }
}

function counted<T>(list: readonly T[], count: Count): T[] {
  return new Proxy(list as T[], {
    get(target, key, receiver) {
      if (typeof key === 'string' && key >= '0' && key < ':') count.touched++
      return Reflect.get(target, key, receiver) as unknown
    },
  })
}

function* each<T>(items: Iterable<T>, count: Count): Generator<T> {
  for (const item of items) {
    count.touched++
    yield item
  }
}

function countedSet<T>(set: Set<T>, count: Count): Set<T> {
  const plain = set.values.bind(set)
  return Object.assign(set, { [Symbol.iterator]: () => each({ [Symbol.iterator]: plain }, count) })
}

function countedMap<K, V>(map: Map<K, V>, count: Count): Map<K, V> {
  const plain = map.entries.bind(map)
  return Object.assign(map, { [Symbol.iterator]: () => each({ [Symbol.iterator]: plain }, count) })
}

/** Carries a run to its end with steps that all work, but the one that is refused; returns the number of records. */
export function carry(
  engine: Engine,
  run: Run,
  { refuses, records = [] }: { readonly refuses?: string; readonly records?: RunRecord[] } = {},
): number {
  const append = (body: RecordBody): void => {
    const record = { ...body, at: 1 } as RunRecord
    records.push(record)
    engine.evolve(run, record)
  }
  const open: Command[] = []
  for (;;) {
    const decision = engine.decide(run)
    for (const body of decision.records) append(body)
    if (decision.acquire !== undefined)
      append({ type: 'lease.acquired', tokens: Object.fromEntries(decision.acquire.map((key) => [key, 1])) })
    open.push(...decision.commands)
    const next = open.shift()
    if (next !== undefined) for (const body of answersTo(run, next, refuses)) append(body)
    else if (decision.records.length === 0 && decision.acquire === undefined) return records.length
  }
}

function answersTo(run: Run, { do: what, id, attempt }: Command, refuses: string | undefined): readonly RecordBody[] {
  const isRelease = (run.index.byId.get(id) as IndexedLeaf).of !== undefined
  const leases = [`lease ${id.replace(/ release$/, '')}`]
  switch (what) {
    case 'survey':
      return [{ type: 'step.surveyed', id, position: 'before' }]
    case 'prepare':
      return [
        {
          type: 'step.prepared',
          id,
          prepared: {},
          mark: '',
          approvalHash: '',
          risk: isRelease ? [] : ['reversible'],
          leases,
          resources: [id],
          summary: '',
        },
      ]
    case 'execute':
      if (id === refuses)
        return [
          { type: 'step.intended', id, attempt, key: '' },
          { type: 'step.failed', id, code: 'REJECTED', message: '', hint: '', effect: 'none', canRetry: false },
        ]
      return [
        { type: 'step.intended', id, attempt, key: '' },
        { type: 'step.effected', id, receipt: {} },
      ]
    case 'verify':
      return [{ type: 'step.verified', id, status: 'healthy', evidence: [] }]
    case 'look-back':
      return [{ type: 'undo.looked', id, position: { at: 'after', receipt: {} } }]
    case 'undo':
      return [
        { type: 'undo.intended', id, attempt, key: '' },
        { type: 'undo.effected', id, evidence: [], notRestored: [] },
      ]
    case 'prove-undo':
      return [{ type: 'undo.probed', id, position: { at: 'before' } }]
    case 'sample':
      return [{ type: 'sample.taken', id, status: 'healthy', evidence: [] }]
    case 'ask':
      return [{ type: 'gate.opened', id, hash: '' }]
    case 'probe':
      return [{ type: 'step.probed', id, position: { at: 'after', receipt: {} } }]
    case 'queue':
      return [{ type: 'notice.queued', id, kind: 'model.notice', options: null }]
  }
}
