import {
  defineStep,
  type ExecuteContext,
  type Position,
  type Preparation,
  type PrepareContext,
  type Restoration,
  type RollbackStep,
  type StepContext,
  type StepFactory,
  type Verdict,
} from '@backstep/core'
import * as z from 'zod'

/** A world of one lamp, and a port to it. */
export class Lamp {
  isOn = false
  switched = 0
  calls: string[] = []

  readonly port: LampPort = {
    look: async () => {
      this.calls.push('look')
      return this.isOn
    },
    turn: async ({ on }) => {
      this.calls.push('turn')
      this.isOn = on
      this.switched++
    },
  }
}

export interface LampPort {
  look(): Promise<boolean>
  turn(request: { readonly on: boolean }): Promise<void>
}

type LampPreparation = Preparation<{ readonly before: boolean }, 'reversible', never>
interface LampWork {
  readonly client: LampPort
}

/** What one method does instead of the right thing. */
export interface Wrongs {
  readonly prepare?: (client: LampPort, context: PrepareContext<never, never>) => Promise<unknown>
  readonly probe?: (client: LampPort, context: StepContext) => Promise<unknown>
  readonly execute?: (client: LampPort, context: ExecuteContext) => Promise<unknown>
  readonly verify?: (client: LampPort, context: StepContext) => Promise<unknown>
  readonly compensate?: (client: LampPort, context: ExecuteContext) => Promise<unknown>
  readonly hasPort?: boolean
}

export type LampReceipt = { readonly on: boolean }

/** A step that turns the lamp on, wrong where it is told to be. */
export function turnOn(
  lamp: Lamp,
  wrong: Wrongs = {},
  settings: { readonly id?: string; readonly timeout?: '50ms' | '5m'; readonly attempts?: number } = {},
): RollbackStep<LampReceipt, 'reversible'> {
  const right = async (client: LampPort): Promise<LampPreparation> => {
    const isOn = await client.look()
    return {
      prepared: { before: isOn },
      summary: 'Turn the lamp on',
      changes: isOn ? [] : [{ resource: 'lamp', action: 'update', before: 'off', after: 'on' }],
      guards: [],
      leases: ['lamp'],
      risk: isOn ? [] : ['reversible'],
    }
  }
  const factory: StepFactory<Record<never, never>, LampReceipt, 'reversible', LampPort> = defineStep({
    kind: 'lamp.turn-on',
    options: z.strictObject({}),
    prepared: z.object({ before: z.boolean() }),
    receipt: z.object({ on: z.boolean() }),
    traits: { risk: 'reversible', idempotency: 'natural', fencing: 'lease-only' },
    client: () => lamp.port,
    contacts: { look: 'read', turn: 'write' },
    toRollbackError: (cause) => cause as Error,
    target: () => ({ system: 'lamp', name: 'lamp' }),
    prepare: async ({ client }: LampWork, context) =>
      ((await wrong.prepare?.(client, context as PrepareContext<never, never>)) ?? (await right(client))) as LampPreparation,
    probe: async ({ client }, context) => {
      if (wrong.probe !== undefined) return (await wrong.probe(client, context)) as Position<LampReceipt>
      return (await client.look()) ? { at: 'after', receipt: { on: true } } : { at: 'before' }
    },
    execute: async ({ client }, context) => {
      if (wrong.execute !== undefined) return (await wrong.execute(client, context)) as LampReceipt
      await client.turn({ on: true })
      return { on: true }
    },
    verify: async ({ client }, context) => {
      if (wrong.verify !== undefined) return (await wrong.verify(client, context)) as Verdict
      const evidence = [context.evidence('lamp', String(await client.look()), 'the lamp')]
      return { status: 'healthy', evidence }
    },
    compensate: async ({ client }, context) => {
      if (wrong.compensate !== undefined) return (await wrong.compensate(client, context)) as Restoration
      await client.turn({ on: false })
      return { evidence: [] }
    },
  })
  return factory({}, settings)
}
