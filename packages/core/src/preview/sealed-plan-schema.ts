import * as z from 'zod'
import type { Duration, JsonObject } from '../contract/json.ts'
import type { GateOptions } from '../contract/nodes.ts'
import type { Risk } from '../contract/risk.ts'
import { json } from '../define/json-schema.ts'
import type { SealedCondition, SealedNode, SealedPlan } from '../seal/sealed-plan.ts'

type Schema<T> = z.ZodType<T, T>

/** Lists are readonly in our types. */
export function listOf<T>(one: Schema<T>): z.ZodReadonly<z.ZodArray<Schema<T>>> {
  return z.array(one).readonly()
}

export const texts: z.ZodReadonly<z.ZodArray<z.ZodString>> = z.array(z.string()).readonly()
export const durationText: Schema<Duration> = z
  .string()
  .regex(/^\d+(\.\d+)?(ms|s|m|h|d)$/)
  .meta({ id: 'Duration', description: "A number and a unit: '250ms', '90s', '15m', '2h', '7d'." }) as unknown as Schema<Duration>
export const riskName: Schema<Risk> = z
  .enum(['none', 'reversible', 'data-loss', 'point-of-no-return'])
  .meta({ id: 'Risk', description: 'The worst that may happen, mildest first.' })
const jsonObject = z.record(z.string(), json()) as unknown as Schema<JsonObject>
const onFailure = z.enum(['halt', 'compensate'])

const condition: Schema<SealedCondition> = z
  .lazy(() =>
    z.union([
      z.object({ test: z.enum(['is', 'includes']), output: z.string(), value: z.union([z.string(), z.number(), z.boolean()]) }),
      z.object({ test: z.literal('not'), of: condition }),
      z.object({ test: z.enum(['all', 'any']), of: listOf(condition) }),
    ]),
  )
  .meta({ id: 'Condition', description: 'Outputs stand as `<leaf id>.<field>`.' })

const gate: Schema<GateOptions> = z
  .union([
    z.object({
      gate: z.literal('approval'),
      name: z.string(),
      roles: texts,
      quorum: z.union([z.literal('all'), z.number()]).exactOptional(),
      expires: durationText.exactOptional(),
      breakGlass: z.boolean().exactOptional(),
    }),
    z.object({ gate: z.literal('manual-check'), name: z.string(), role: z.string(), checklist: texts, timeout: durationText }),
    z.object({
      gate: z.literal('decision'),
      name: z.string(),
      role: z.string(),
      options: texts,
      timeBox: durationText,
      onTimeout: z.string(),
    }),
  ])
  .meta({ id: 'Gate', description: 'A question to people.' })

const node: Schema<SealedNode> = z
  .lazy(() => z.union([leaf, sequence, together, choose]))
  .meta({ id: 'Node', description: 'A group with children, or a leaf.' })
const group = {
  id: z.string(),
  label: z.string().exactOptional(),
  children: listOf(node),
  onFailure: z.enum(['halt', 'compensate', 'go-on']).exactOptional(),
}
const sequence = z.object({ type: z.enum(['sequence', 'fallback']), ...group })
const together = z.object({ type: z.literal('together'), ...group, maxParallel: z.number().exactOptional() })
const choose = z.object({ type: z.literal('choose'), ...group, conditions: listOf(z.union([condition, z.literal(true)])), names: texts })
const leaf = z
  .object({
    type: z.enum(['step', 'release', 'require', 'observe', 'gate', 'notice']),
    id: z.string(),
    hash: z.string(),
    kind: z.string(),
    target: z.string(),
    inputs: texts,
    risk: listOf(riskName),
    canUndo: z.boolean(),
    idempotency: z.enum(['natural', 'keyed', 'none']),
    fencing: z.enum(['conditional-write', 'lease-only']).exactOptional(),
    layer: z.enum(['data', 'schema', 'code', 'traffic']).exactOptional(),
    of: z.string().exactOptional(),
    stopsWriters: z.boolean().exactOptional(),
    timeoutMs: z.number().exactOptional(),
    attempts: z.number().exactOptional(),
    forMs: z.number().exactOptional(),
    deadlineMs: z.number().exactOptional(),
    everyMs: z.number().exactOptional(),
    gate: gate.exactOptional(),
    options: json(),
  })
  .meta({
    id: 'Leaf',
    description: 'What can be done. Secrets in options stand as {"secret": name}, outputs as {"output": "<leaf id>.<field>"}.',
  })

/** Schema of a sealed plan. */
export const sealedPlanSchema: Schema<SealedPlan> = z
  .object({
    format: z.literal('backstep-plan/v1'),
    name: z.string(),
    summary: z.string().exactOptional(),
    severity: z
      .object({
        level: z.string(),
        decision: z.enum(['auto', 'auto-if-enabled', 'confirm', 'evaluate', 'fix-forward-first', 'fix-forward']),
      })
      .exactOptional(),
    timeBudget: z.record(z.string(), z.string()).exactOptional(),
    links: listOf(z.object({ title: z.string(), url: z.string() })).exactOptional(),
    template: z.object({ name: z.string(), input: json() }).exactOptional(),
    onFailure,
    tree: node,
    always: listOf(node),
    values: z.record(z.string(), jsonObject),
    hash: z.string(),
  })
  .meta({ id: 'Plan', description: 'The plan as it runs: queries answered, lists expanded, every node with its id.' })
