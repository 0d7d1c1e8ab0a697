import { RollbackError } from '../contract/errors.ts'
import type { Position, Restoration, Verdict } from '../contract/observation.ts'
import type { Preparation } from '../contract/preparation.ts'

type Fields = Readonly<Record<string, unknown>>

/**
 * Holds what a method returned against its type: a step in plain JavaScript, or one that casts, is refused with the name of the field
 * before anything rests on it. Written by hand, since these run several times for every step.
 */
export function checkedPreparation<T extends Preparation>(kind: string, value: T): T {
  const what = `${kind} preparation`
  const preparation = objectAt(what, '', value)
  textAt(what, 'summary', preparation['summary'])
  eachAt(what, 'changes', preparation['changes'], (path, change) => {
    textAt(what, `${path}.resource`, change['resource'])
    oneOfAt(what, `${path}.action`, change['action'], actions)
  })
  eachAt(what, 'guards', preparation['guards'], (path, guard) => {
    for (const key of ['resource', 'property', 'equals']) textAt(what, `${path}.${key}`, guard[key])
  })
  listAt(what, 'leases', preparation['leases']).forEach((lease, index) => textAt(what, `leases.${index}`, lease))
  listAt(what, 'risk', preparation['risk']).forEach((risk, index) => oneOfAt(what, `risk.${index}`, risk, risks))
  if (preparation['findings'] !== undefined) checkFindings(what, preparation['findings'])
  return value
}

function checkFindings(what: string, findings: unknown): void {
  eachAt(what, 'findings', findings, (path, finding) => {
    oneOfAt(what, `${path}.level`, finding['level'], levels)
    for (const key of ['code', 'message', 'hint']) textAt(what, `${path}.${key}`, finding[key])
  })
}

/** The receipt of `after` has a schema of its own. */
export function checkedPosition<T extends Position>(kind: string, value: T): T {
  const what = `${kind} position`
  const position = objectAt(what, '', value)
  oneOfAt(what, 'at', position['at'], places)
  if (position['at'] !== 'before' && position['at'] !== 'after') textAt(what, 'detail', position['detail'])
  return value
}

export function checkedVerdict<T extends Verdict>(kind: string, value: T): T {
  const what = `${kind} verdict`
  const verdict = objectAt(what, '', value)
  oneOfAt(what, 'status', verdict['status'], statuses)
  checkEvidence(what, verdict['evidence'])
  for (const key of saidWith[verdict['status'] as Verdict['status']]) textAt(what, key, verdict[key])
  return value
}

export function checkedRestoration<T extends Restoration>(kind: string, value: T): T {
  const what = `${kind} restoration`
  const restoration = objectAt(what, '', value)
  checkEvidence(what, restoration['evidence'])
  eachAt(what, 'notRestored', restoration['notRestored'] ?? [], (path, left) => {
    for (const key of ['what', 'why']) textAt(what, `${path}.${key}`, left[key])
  })
  return value
}

const actions = ['create', 'update', 'replace', 'delete', 'run', 'none']
const risks = ['none', 'reversible', 'data-loss', 'point-of-no-return']
const levels = ['blocker', 'warning', 'info']
const places = ['before', 'after', 'between', 'elsewhere', 'unknown']
const saidWith: Readonly<Record<Verdict['status'], readonly string[]>> = {
  healthy: [],
  progressing: ['actual'],
  unhealthy: ['expected', 'actual'],
  unknown: ['reason'],
}
const statuses = Object.keys(saidWith)

function checkEvidence(what: string, value: unknown): void {
  eachAt(what, 'evidence', value, (path, evidence) => {
    for (const key of ['what', 'value', 'source', 'at']) textAt(what, `${path}.${key}`, evidence[key])
  })
}

function objectAt(what: string, path: string, value: unknown): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields
  return refuse(what, path, 'an object', value)
}

function listAt(what: string, path: string, value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : refuse(what, path, 'a list', value)
}

function eachAt(what: string, path: string, value: unknown, check: (path: string, entry: Fields) => void): void {
  listAt(what, path, value).forEach((entry, index) => check(`${path}.${index}`, objectAt(what, `${path}.${index}`, entry)))
}

function textAt(what: string, path: string, value: unknown): void {
  if (typeof value !== 'string') refuse(what, path, 'text', value)
}

function oneOfAt(what: string, path: string, value: unknown, allowed: readonly string[]): void {
  if (typeof value !== 'string' || !allowed.includes(value)) refuse(what, path, `one of ${allowed.join(', ')}`, value)
}

/** Says the type of what was found, never its value: it may be anything. */
function refuse(what: string, path: string, expected: string, found: unknown): never {
  const kind = found === null ? 'null' : Array.isArray(found) ? 'a list' : typeof found === 'string' ? 'another text' : typeof found
  throw new RollbackError('INTERNAL', `${what}: ${path === '' ? '' : `${path}: `}expected ${expected}, received ${kind}`, {
    hint: 'This is a defect of the step: report it to its author.',
  })
}
