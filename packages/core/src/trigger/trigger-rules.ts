import { firstRepeat, optionError, positiveDurationOf } from '../policy/option-error.ts'
import type { AutomaticDefinition, Signal } from './automatic.ts'

/** The numbers of a trigger as plain data, all times in milliseconds: what `evolveTrigger` and `decideTrigger` go by. */
export interface TriggerRules {
  readonly trigger: string
  readonly target: string
  /** How long each signal has to be unhealthy, by its name. */
  readonly signals: Readonly<Record<string, { readonly forMs: number }>>
  /** How many of the signals have to have fired. */
  readonly needed: number
  readonly cooldownMs: number
  readonly maxPerDay: number
  readonly everyMs: number
  readonly settleMs: number
  readonly staleAfterMs: number
}

const defaultEvery = '30s'
const defaultSettle = '5m'
const looksBeforeStale = 3

/** See `automatic`. Throws `OPTIONS_INVALID`, naming the trigger and the field. */
export function rulesOf(definition: AutomaticDefinition, signals: readonly (Signal & { readonly name: string })[]): TriggerRules {
  const where = `trigger ${definition.name}`
  checkNames(where, definition)
  checkCondition(where, definition)
  const repeat = firstRepeat(signals.map(({ name }) => name))
  if (repeat !== undefined) throw optionError(`${where}: two signals are called "${repeat}"`, 'Give one of them a name.')
  const everyMs = positiveDurationOf(`${where}.every`, definition.every ?? defaultEvery)
  const staleAfterMs =
    definition.staleAfter === undefined ? everyMs * looksBeforeStale : positiveDurationOf(`${where}.staleAfter`, definition.staleAfter)
  if (staleAfterMs < everyMs)
    throw optionError(`${where}: looks are stale before the next one is due`, 'Make staleAfter longer than every.')
  const { maxPerDay } = definition
  if (!Number.isInteger(maxPerDay) || maxPerDay < 1)
    throw optionError(`${where}.maxPerDay: ${maxPerDay} is no count`, 'Write a whole number from 1 on, or leave the trigger out.')
  return {
    trigger: definition.name,
    target: definition.target,
    signals: Object.fromEntries(
      signals.map((signal) => [signal.name, { forMs: positiveDurationOf(`${where}, ${signal.name}.for`, signal.for) }]),
    ),
    needed: definition.all !== undefined ? signals.length : (definition.atLeast ?? 1),
    cooldownMs: positiveDurationOf(`${where}.cooldown`, definition.cooldown),
    maxPerDay,
    everyMs,
    settleMs: positiveDurationOf(`${where}.settle`, definition.settle ?? defaultSettle),
    staleAfterMs,
  }
}

function checkNames(where: string, { name, target, knownGood }: AutomaticDefinition): void {
  if (name.trim() === '') throw optionError('trigger: it has no name', 'Give it a name: records and pages cite it.')
  if (typeof target !== 'string' || target.trim() === '')
    throw optionError(`${where}.target: it is empty`, 'Name what is rolled back, with the same text in every trigger and run on it.')
  if (typeof knownGood?.sample !== 'function')
    throw optionError(`${where}.knownGood: it is no check`, 'Pass a check that proves what the plan goes back to.')
}

function checkCondition(where: string, { any, all, atLeast, of }: AutomaticDefinition): void {
  const given = [any, all, of].filter((signals) => signals !== undefined)
  const [signals] = given
  if (signals === undefined || given.length > 1 || (atLeast === undefined) !== (of === undefined)) {
    throw optionError(`${where}: it needs exactly one of any, all, or atLeast with of`, 'Name the signals once.')
  }
  if (signals.length === 0) throw optionError(`${where}: it has no signals`, 'Name at least one signal.')
  if (atLeast !== undefined && (!Number.isInteger(atLeast) || atLeast < 1 || atLeast > signals.length)) {
    throw optionError(
      `${where}.atLeast: ${atLeast} of ${signals.length} cannot be counted`,
      `Write a whole number from 1 to ${signals.length}.`,
    )
  }
}
