import type { DecisionToRecord } from './trigger-decision.ts'
import type { PersonWord, RunNotice, TriggerEvent } from './trigger-event.ts'
import type { TriggerRules } from './trigger-rules.ts'
import { nextStartId, untouchedSignal, type Flight, type RecordedDecision, type SignalState, type TriggerState } from './trigger-state.ts'

type Of<T extends TriggerEvent['type']> = Extract<TriggerEvent, { readonly type: T }>

/**
 * The state after one event. Pure and total: it never throws, and what does not concern the trigger, comes twice, or comes too late
 * changes nothing.
 *
 * Unhealthy time is proven time: it counts between two unhealthy looks that are not further apart than `staleAfterMs`. A healthy look sets
 * it to zero. A look without data does neither, and the time around it does not count.
 */
export function evolveTrigger(rules: TriggerRules, state: TriggerState, event: TriggerEvent): TriggerState {
  switch (event.type) {
    case 'sampled':
      return sampled(rules, state, event)
    case 'known-good.sampled':
      return knownGoodSampled(state, event)
    case 'decided':
      return event.decision.trigger === rules.trigger ? decided(state, event.decision) : decidedBeside(rules, state, event.decision)
    case 'run.started':
      return concerns(rules, event.run) ? runStarted(state, event.run, event.at) : state
    case 'run.ended':
      return concerns(rules, event.run) ? runEnded(rules, state, event.run, event.at) : state
    case 'run.not-started':
      return notStarted(state, event)
    case 'deployed':
      return event.targets.includes(rules.target) ? deployed(state, event.at) : state
    case 'cleared':
      return isWordAbout(state.rolledBack, event) ? { ...state, rolledBack: null } : state
    case 'paused':
      return isFromPerson(event) ? { ...state, paused: { by: event.actor.id, reason: event.reason, at: event.at } } : state
    case 'resumed':
      return isWordAbout(state.paused, event) ? { ...state, paused: null } : state
  }
}

function concerns(rules: TriggerRules, run: RunNotice): boolean {
  return run.trigger === rules.trigger || run.targets.includes(rules.target)
}

function isFromPerson(word: PersonWord): boolean {
  return word.actor.id.trim() !== '' && word.reason.trim() !== ''
}

/** A word that is older than what it is about does not concern it: it is old news that came again. */
function isWordAbout(subject: { readonly at: number } | null, word: PersonWord): boolean {
  return subject !== null && word.at >= subject.at && isFromPerson(word)
}

function sampled(rules: TriggerRules, state: TriggerState, event: Of<'sampled'>): TriggerState {
  const before = Object.hasOwn(state.signals, event.signal) ? state.signals[event.signal] : undefined
  const isTooLate = before?.lastAt !== null && before !== undefined && event.at < before.lastAt
  const isNoise = state.flights.length > 0 || event.at < state.quietUntil
  if (before === undefined || isTooLate || isNoise || !Number.isFinite(event.at)) return state
  const isRelief = event.status === 'healthy' && before.unhealthyMs >= (rules.signals[event.signal]?.forMs ?? 0)
  return {
    ...state,
    episode: isRelief ? state.episode + 1 : state.episode,
    signals: { ...state.signals, [event.signal]: looked(rules, before, event) },
  }
}

function looked(rules: TriggerRules, before: SignalState, { at, status, detail }: Of<'sampled'>): SignalState {
  const look = { lastAt: at, lastStatus: status, detail: detail ?? null }
  if (status === 'healthy') return { ...look, unhealthyMs: 0, since: null }
  if (status !== 'unhealthy') return { ...before, ...look }
  const gapMs = before.lastStatus === 'unhealthy' && before.lastAt !== null ? at - before.lastAt : 0
  const provenMs = gapMs <= rules.staleAfterMs ? gapMs : 0
  return { ...look, unhealthyMs: before.unhealthyMs + provenMs, since: before.since ?? at }
}

function knownGoodSampled(state: TriggerState, { at, status, detail }: Of<'known-good.sampled'>): TriggerState {
  const isTooLate = state.knownGood !== null && at < state.knownGood.at
  if (isTooLate || state.flights.length > 0 || !Number.isFinite(at)) return state
  return { ...state, knownGood: { at, status, detail: detail ?? null } }
}

const dayMs = 86_400_000
const keptStartsMs = 7 * dayMs
const keptDecisions = 100
const keptEnded = 100

function decided(state: TriggerState, decision: DecisionToRecord): TriggerState {
  const decisions = recorded(state, decision).slice(-keptDecisions)
  if (decision.decision === 'refuse') return { ...state, decisions }
  if (decision.startId !== nextStartId(state)) return state
  return {
    ...state,
    decisions,
    flights: [...state.flights, { startId: decision.startId, runId: null, at: decision.at }],
    starts: [...state.starts.filter((at) => at > decision.at - keptStartsMs), decision.at],
    startCount: state.startCount + 1,
    rolledBack: { by: decision.startId, at: decision.at },
    knownGood: null,
  }
}

/** Another trigger is about to start something on the same target: as good as a run. */
function decidedBeside(rules: TriggerRules, state: TriggerState, decision: DecisionToRecord): TriggerState {
  if (decision.decision === 'refuse' || decision.target !== rules.target) return state
  const { startId, at } = decision
  if (state.ended.includes(startId) || state.flights.some((flight) => flight.startId === startId)) return state
  return { ...state, flights: [...state.flights, { startId, runId: null, at }], rolledBack: { by: startId, at }, knownGood: null }
}

function recorded(state: TriggerState, decision: DecisionToRecord): readonly RecordedDecision[] {
  const { decision: kind, at, detail } = decision
  const reason = decision.decision === 'refuse' ? decision.reason : null
  const last = state.decisions.at(-1)
  if (last !== undefined && reason !== null && last.reason === reason && last.episode === state.episode) {
    return [...state.decisions.slice(0, -1), { ...last, lastAt: Math.max(last.lastAt, at), times: last.times + 1, detail }]
  }
  const startId = decision.decision === 'start' ? decision.startId : null
  return [...state.decisions, { decision: kind, at, lastAt: at, times: 1, episode: state.episode, reason, detail, startId }]
}

function isSame(flight: Flight, run: RunNotice): boolean {
  return flight.runId === run.runId || (flight.startId !== null && flight.startId === run.startId)
}

function runStarted(state: TriggerState, run: RunNotice, at: number): TriggerState {
  if (state.ended.includes(run.runId)) return state
  const isKnown = state.flights.some((flight) => isSame(flight, run))
  const flight: Flight = { startId: run.startId ?? null, runId: run.runId, at }
  const flights = isKnown
    ? state.flights.map((entry) => (isSame(entry, run) ? { ...entry, runId: run.runId } : entry))
    : [...state.flights, flight]
  return { ...state, flights, knownGood: null, rolledBack: rolledBackAfter(state, run, at) }
}

function runEnded(rules: TriggerRules, state: TriggerState, run: RunNotice, at: number): TriggerState {
  if (state.ended.includes(run.runId)) return state
  return {
    ...untouched(state),
    flights: state.flights.filter((flight) => !isSame(flight, run)),
    ended: [...state.ended, run.runId, ...(run.startId === undefined ? [] : [run.startId])].slice(-keptEnded),
    endedAt: Math.max(state.endedAt ?? at, at),
    quietUntil: Math.max(state.quietUntil, at + rules.settleMs),
    rolledBack: rolledBackAfter(state, run, at),
  }
}

function rolledBackAfter(state: TriggerState, run: RunNotice, at: number): TriggerState['rolledBack'] {
  return run.trigger === undefined ? state.rolledBack : { by: run.startId ?? run.runId, at }
}

function notStarted(state: TriggerState, { startId, at }: Of<'run.not-started'>): TriggerState {
  const waits = (flight: Flight): boolean => flight.startId === startId && flight.runId === null
  if (!state.flights.some(waits)) return state
  return {
    ...untouched(state),
    flights: state.flights.filter((flight) => !waits(flight)),
    ended: [...state.ended, startId].slice(-keptEnded),
    endedAt: Math.max(state.endedAt ?? at, at),
    rolledBack: state.rolledBack?.by === startId ? null : state.rolledBack,
  }
}

function deployed(state: TriggerState, at: number): TriggerState {
  if (state.flights.length > 0 || at < state.quietUntil) return state
  return { ...untouched(state), quietUntil: at, rolledBack: null }
}

/** Nothing that was seen before counts for what comes. */
function untouched(state: TriggerState): TriggerState {
  const signals = Object.fromEntries(Object.keys(state.signals).map((name) => [name, untouchedSignal]))
  return { ...state, signals, knownGood: null, episode: state.episode + 1 }
}
