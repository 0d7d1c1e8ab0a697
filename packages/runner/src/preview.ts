import {
  approvalHash,
  previewHash,
  RollbackError,
  seal,
  type LintRule,
  type JsonObject,
  type Plan,
  type PreparedPreview,
  type Preparation,
  type PreviewedRequire,
  type PreviewedStep,
  type Registry,
  type Require,
  type Risk,
  type RollbackStep,
  type SealedLeaf,
  type SealedPlan,
  type StoredPreparation,
} from '@backstep/core'
import { failureFrom } from './failure.ts'
import { nodeBehind, outputReader } from './outputs.ts'
import type { RunnerPorts } from './ports.ts'
import { findingsOf } from './preview-findings.ts'
import { knownValue, sitesOf, type Site } from './preview-sites.ts'
import { previewPrepareContext, readContext, reader, type Reader } from './reader.ts'
import { inParallel } from './reading.ts'
import { worstVerdict } from './verdicts.ts'

export interface PreviewOptions {
  readonly signal?: AbortSignal
  /** Further lint rules, of packages and of your own. The core's are always there. */
  readonly rules?: readonly LintRule[]
  /** Answers that are known already: those queries are not asked. */
  readonly known?: Readonly<Record<string, JsonObject>>
  readonly onProgress?: (event: { readonly id: string; readonly what: 'asking' | 'preparing' | 'prepared' | 'checking' }) => void
}

/** See `Runner.preview`. */
export async function makePreview(plan: Plan<Risk>, ports: RunnerPorts, options: PreviewOptions = {}): Promise<PreparedPreview> {
  const signal = options.signal ?? new AbortController().signal
  const calls = reader(ports, signal)
  const sealed = await sealFor(plan, calls, signal, options)
  const read = outputReader(sealed.idOf, (reference) => knownValue(sealed.plan, reference))
  const sites = sitesOf(sealed.plan)
  const work: Work = { plan: sealed.plan, registry: sealed.registry, calls, read, ports, onProgress: options.onProgress }
  const prepared = await inParallel(
    sites.filter(({ leaf }) => leaf.type === 'step'),
    ports.limits.maxParallelReads,
    (site) => previewStep(work, site),
  )
  const requires = await inParallel(
    sites.filter(({ leaf }) => leaf.type === 'require'),
    ports.limits.maxParallelReads,
    (site) => previewRequire(work, site),
  )
  const steps = prepared.map(({ step }) => step)
  const preparations = Object.fromEntries(prepared.flatMap(({ step, stored }) => (stored === undefined ? [] : [[step.id, stored]])))
  const bare = {
    format: 'backstep-preview/v1' as const,
    plan: sealed.plan,
    at: new Date(ports.clock.now()).toISOString(),
    steps,
    requires,
    hash: previewHash(sealed.plan, steps),
  }
  return { ...bare, findings: findingsOf(bare, options.rules), preparations }
}

/** Seals a plan, asking its queries under the step time-out. */
export async function sealFor(
  plan: Plan<Risk>,
  calls: Reader,
  signal: AbortSignal,
  options: Pick<PreviewOptions, 'known' | 'onProgress'>,
): ReturnType<typeof seal> {
  const scope = { abortSignal: signal, contacts: { before: () => undefined, after: () => undefined } }
  const context = readContext(calls.context(scope, 'queries'), () => {
    throw new RollbackError('OUTPUT_NOT_KNOWN', 'Not known yet', { hint: 'Use outputs of queries here.' })
  })
  return seal(plan, {
    context,
    ...(options.known === undefined ? {} : { known: options.known }),
    onQuery: (id) => options.onProgress?.({ id, what: 'asking' }),
    ask: (query, within) =>
      calls.read(`query ${query.kind}`, 300_000, query.kind, (source) => query.read({ ...readContext(source, within.read) })),
  })
}

interface Work {
  readonly plan: SealedPlan
  readonly registry: Registry
  readonly calls: Reader
  readonly read: ReturnType<typeof outputReader>
  readonly ports: RunnerPorts
  readonly onProgress: PreviewOptions['onProgress']
}

interface StepResult {
  readonly step: PreviewedStep
  readonly stored?: StoredPreparation
}

async function previewStep(work: Work, site: Site): Promise<StepResult> {
  const { leaf } = site
  const waitsFor = leaf.inputs.filter((input) => knownValue(work.plan, input) === undefined)
  if (!site.isTaken) return { step: unprepared(leaf, 'not-taken', 'On a branch that is not taken', []) }
  if (waitsFor.length > 0) return { step: unprepared(leaf, 'late', `Prepared when ${waitsFor.join(', ')} is known`, waitsFor) }
  work.onProgress?.({ id: leaf.id, what: 'preparing' })
  const step = nodeBehind(work.registry, leaf.id) as RollbackStep
  const mark = work.ports.randomId()
  try {
    const preparation = await work.calls.read(`prepare of ${leaf.id}`, leaf.timeoutMs ?? 300_000, leaf.id, (source) =>
      step.prepare(previewPrepareContext(source, mark, work.read)),
    )
    work.onProgress?.({ id: leaf.id, what: 'prepared' })
    return { step: previewed(site, preparation), stored: { preparation, mark } }
  } catch (error) {
    const { code, message, hint } = failureFrom(error, true)
    // Its target is made by an earlier step: shown with what is known without looking.
    if (code === 'OUTPUT_NOT_KNOWN') return { step: unprepared(leaf, 'late', message, []) }
    return { step: { ...unprepared(leaf, 'refused', message, []), refusal: { code, message, hint } } }
  }
}

function unprepared(leaf: SealedLeaf, state: PreviewedStep['state'], summary: string, waitsFor: readonly string[]): PreviewedStep {
  return {
    id: leaf.id,
    state,
    kind: leaf.kind,
    target: leaf.target,
    summary,
    risk: leaf.risk,
    changes: [],
    guards: [],
    leases: [],
    findings: [],
    waitsFor,
  }
}

function previewed({ leaf, isAlternative }: Site, preparation: Preparation): PreviewedStep {
  const { summary, risk, changes, guards, leases, findings = [], estimate, undo } = preparation
  return {
    id: leaf.id,
    state: changes.length === 0 ? 'unchanged' : isAlternative ? 'alternative' : 'ready',
    kind: leaf.kind,
    target: leaf.target,
    summary,
    risk,
    changes,
    guards,
    leases,
    findings,
    ...(estimate === undefined ? {} : { estimate }),
    ...(undo === undefined ? {} : { undo }),
    waitsFor: [],
    approvalHash: approvalHash(leaf.id, preparation),
  }
}

async function previewRequire(work: Work, { leaf, isTaken, isFirst }: Site): Promise<PreviewedRequire> {
  const isKnown = leaf.inputs.every((input) => knownValue(work.plan, input) !== undefined)
  if (!isTaken || !isFirst || !isKnown) return { id: leaf.id, status: 'later', evidence: [] }
  work.onProgress?.({ id: leaf.id, what: 'checking' })
  const { checks } = nodeBehind(work.registry, leaf.id) as Require
  const verdicts = await inParallel(checks, work.ports.limits.maxParallelReads, (check) =>
    work.calls
      .read(`check ${check.kind}`, leaf.deadlineMs ?? 60_000, leaf.id, (source) => check.sample(readContext(source, work.read)))
      .catch((error: unknown) => ({
        status: 'unknown' as const,
        evidence: [],
        reason: failureFrom(error, true).message,
      })),
  )
  return { id: leaf.id, ...worstVerdict(verdicts) }
}
