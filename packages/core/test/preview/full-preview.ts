import type { GateOptions } from '../../src/contract/nodes.ts'
import type { Evidence } from '../../src/contract/observation.ts'
import type { Change, DataLoss, Estimate, Finding, Guard, Undo } from '../../src/contract/preparation.ts'
import type { Preview, PreviewedRequire, PreviewedStep } from '../../src/preview/preview.ts'
import type { SealedChoose, SealedLeaf, SealedNode, SealedPlan, SealedSequence, SealedTogether } from '../../src/seal/sealed-plan.ts'

// Every field of every type is here: one that is added to a type does not compile until it stands here, and the schema test then asks for it.

const at = '2026-11-23T03:00:05Z'
const estimate: Required<Estimate> = { duration: '90s', downtime: '1.5m' }
const undo: Required<Undo> = { risk: 'data-loss', loses: 'orders', estimate }
const dataLoss: Required<DataLoss> = { what: 'codes', from: at, to: at, rows: 1, rowsAtMost: 2, keptIn: 'salvage' }
const change: Required<Change> = {
  resource: 'db',
  action: 'update',
  before: '43',
  after: '41',
  fields: [{ path: 'a', before: 'b', after: 'c' }, { path: 'secret' }],
  dataLoss,
}
const finding: Required<Finding> = { level: 'warning', code: 'a.b', message: 'm', hint: 'h', page: 'docs/lint/a.b.md' }
const guard: Required<Guard> = { resource: 'db', property: 'rank', equals: '57' }
const evidence: Required<Evidence> = { what: 'w', value: 'v', source: 's', at }
const require: Required<PreviewedRequire> = { id: 'require x', status: 'unknown', evidence: [evidence], detail: 'no data' }
const step: Required<PreviewedStep> = {
  id: 'x.y@z',
  state: 'refused',
  kind: 'x.y',
  target: 'x:z',
  summary: 's',
  risk: ['none', 'reversible', 'data-loss', 'point-of-no-return'],
  changes: [change],
  guards: [guard],
  leases: ['l'],
  findings: [finding],
  estimate,
  undo,
  waitsFor: ['a.b'],
  refusal: { code: 'DRIFTED', message: 'm', hint: 'h' },
  approvalHash: 'ff',
}
const approval: Required<Extract<GateOptions, { gate: 'approval' }>> = {
  gate: 'approval',
  name: 'go',
  roles: ['dba'],
  quorum: 'all',
  expires: '4h',
  breakGlass: true,
}
const manual: Required<Extract<GateOptions, { gate: 'manual-check' }>> = {
  gate: 'manual-check',
  name: 'qa',
  role: 'qa',
  checklist: ['login'],
  timeout: '30m',
}
const decision: Required<Extract<GateOptions, { gate: 'decision' }>> = {
  gate: 'decision',
  name: 'what',
  role: 'team',
  options: ['a'],
  timeBox: '5m',
  onTimeout: 'escalate',
}
const leaf: Required<SealedLeaf> = {
  type: 'step',
  id: 'x.y@z',
  hash: 'ff',
  kind: 'x.y',
  target: 'x:z',
  inputs: ['a.b'],
  risk: ['data-loss'],
  canUndo: true,
  idempotency: 'keyed',
  fencing: 'lease-only',
  layer: 'schema',
  of: 'w',
  stopsWriters: true,
  timeoutMs: 1,
  attempts: 2,
  forMs: 3,
  deadlineMs: 4,
  everyMs: 5,
  gate: approval,
  options: { nested: [{ secret: 'S' }, { output: 'a.b' }, null, 1.5, true] },
}
const sequence: Required<SealedSequence> = {
  type: 'fallback',
  id: 's',
  label: 'plan p',
  children: [leaf, { ...leaf, id: 'g', type: 'gate', gate: manual }, { ...leaf, id: 'h', type: 'gate', gate: decision }],
  onFailure: 'go-on',
}
const together: Required<SealedTogether> = { type: 'together', id: 't', label: 'l', children: [], onFailure: 'halt', maxParallel: 2 }
const choose: Required<SealedChoose> = {
  type: 'choose',
  id: 'c',
  label: 'l',
  onFailure: 'compensate',
  children: [leaf, sequence, together],
  conditions: [
    {
      test: 'not',
      of: {
        test: 'all',
        of: [
          { test: 'is', output: 'a.b', value: 1 },
          { test: 'any', of: [] },
        ],
      },
    },
    { test: 'includes', output: 'a.b', value: 'x' },
    true,
  ],
  names: ['a', 'b', 'c'],
}
const tree: SealedNode = { type: 'sequence', id: 'root', label: 'plan p', children: [choose] }
const plan: Required<SealedPlan> = {
  format: 'backstep-plan/v1',
  name: 'p',
  summary: 's',
  severity: { level: 'sev1', decision: 'confirm' },
  timeBudget: { declare: '2m' },
  links: [{ title: 't', url: 'https://example.org' }],
  template: { name: 't', input: { tag: 'v1' } },
  onFailure: 'halt',
  tree,
  always: [leaf],
  values: { 'q.r@s': { list: ['a'] } },
  hash: 'ff',
}

/** A preview in which every field of every type is set. */
export const fullPreview: Required<Preview> = {
  format: 'backstep-preview/v1',
  plan,
  at,
  steps: [step, { ...step, id: 'x.y@alternative', state: 'alternative' }],
  requires: [require],
  findings: [finding],
  hash: 'ff',
}
