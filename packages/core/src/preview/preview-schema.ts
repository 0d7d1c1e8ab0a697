import * as z from 'zod'
import type { Instant, Kind } from '../contract/json.ts'
import type { Evidence } from '../contract/observation.ts'
import type { Change, Estimate, Finding, Guard, Undo } from '../contract/preparation.ts'
import type { Preview, PreviewedRequire, PreviewedStep, PreviewTotals } from './preview.ts'
import { durationText, listOf, riskName, sealedPlanSchema, texts } from './sealed-plan-schema.ts'

/** What `renderPreviewJson` writes: a preview with its totals. */
export interface PreviewDocument extends Preview {
  readonly totals: PreviewTotals
}

type Schema<T> = z.ZodType<T, T>

const instant = z
  .string()
  .regex(/^\d+-\d+-\d+T.*Z$/)
  .meta({ id: 'Instant', description: 'UTC, RFC 3339.' }) as unknown as Schema<Instant>
const kind = z.string().regex(/^[^.]*\..*$/) as unknown as Schema<Kind>
const lossFields = {
  what: z.string(),
  from: instant.exactOptional(),
  to: instant.exactOptional(),
  rows: z.number().exactOptional(),
  rowsAtMost: z.number().exactOptional(),
  keptIn: z.string().exactOptional(),
}
const dataLoss = z.object(lossFields).meta({ id: 'DataLoss' })
const change: Schema<Change> = z
  .object({
    resource: z.string(),
    action: z.enum(['create', 'update', 'replace', 'delete', 'run', 'none']),
    before: z.string().exactOptional(),
    after: z.string().exactOptional(),
    fields: listOf(z.object({ path: z.string(), before: z.string().exactOptional(), after: z.string().exactOptional() })).exactOptional(),
    dataLoss: dataLoss.exactOptional(),
  })
  .meta({ id: 'Change', description: 'One change to one object of any system.' })
const guard: Schema<Guard> = z.object({ resource: z.string(), property: z.string(), equals: z.string() }).meta({ id: 'Guard' })
const finding: Schema<Finding> = z
  .object({
    level: z.enum(['blocker', 'warning', 'info']),
    code: kind,
    message: z.string(),
    hint: z.string(),
    page: z.string().exactOptional(),
  })
  .meta({ id: 'Finding' })
const estimate: Schema<Estimate> = z
  .object({ duration: durationText.exactOptional(), downtime: durationText.exactOptional() })
  .meta({ id: 'Estimate' })
const undo: Schema<Undo> = z
  .object({ risk: riskName, loses: z.string().exactOptional(), estimate: estimate.exactOptional() })
  .meta({ id: 'Undo' })
const evidence: Schema<Evidence> = z
  .object({ what: z.string(), value: z.string(), source: z.string(), at: instant })
  .meta({ id: 'Evidence' })

const step: Schema<PreviewedStep> = z
  .object({
    id: z.string(),
    state: z.enum(['ready', 'unchanged', 'late', 'not-taken', 'alternative', 'refused']),
    kind: z.string(),
    target: z.string(),
    summary: z.string(),
    risk: listOf(riskName),
    changes: listOf(change),
    guards: listOf(guard),
    leases: texts,
    findings: listOf(finding),
    estimate: estimate.exactOptional(),
    undo: undo.exactOptional(),
    waitsFor: texts,
    refusal: z.object({ code: z.string(), message: z.string(), hint: z.string() }).exactOptional(),
    approvalHash: z.string().exactOptional(),
  })
  .meta({ id: 'Step', description: 'One step as the preview found it.' })

const required: Schema<PreviewedRequire> = z
  .object({
    id: z.string(),
    status: z.enum(['healthy', 'progressing', 'unhealthy', 'unknown', 'later']),
    evidence: listOf(evidence),
    detail: z.string().exactOptional(),
  })
  .meta({ id: 'Require' })

const time = z.object({ known: z.number(), stepsWithout: z.number() })
const totals: Schema<PreviewTotals> = z
  .object({
    risk: riskName,
    changes: z.number(),
    steps: z.number(),
    late: z.number(),
    pointsOfNoReturn: texts,
    dataLoss: listOf(z.object({ step: z.string(), resource: z.string(), ...lossFields, onlyIf: z.literal(true).exactOptional() })),
    mayLoseData: texts,
    durationMs: time,
    downtimeMs: time,
    blockers: texts,
  })
  .meta({ id: 'Totals' })

/** Schema of what `renderPreviewJson` writes. Fields that it does not know are dropped when parsing, never refused. */
export const previewSchema: z.ZodType<PreviewDocument, PreviewDocument> = z
  .object({
    format: z.literal('backstep-preview/v1'),
    at: z.string(),
    hash: z.string(),
    totals,
    plan: sealedPlanSchema,
    steps: listOf(step),
    requires: listOf(required),
    findings: listOf(finding),
  })
  .meta({
    title: 'Backstep preview',
    description: 'Everything that a person needs to decide about a rollback plan. Nothing was changed to make it.',
  })

/** The published JSON Schema (draft 2020-12) of a preview. Readers ignore fields that they do not know. */
export function previewJsonSchema(): Readonly<Record<string, unknown>> {
  return z.toJSONSchema(previewSchema, {
    io: 'input',
    override: ({ jsonSchema }) => {
      delete jsonSchema.readOnly
    },
  }) as Readonly<Record<string, unknown>>
}
