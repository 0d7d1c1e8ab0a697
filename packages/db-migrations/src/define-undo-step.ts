import { defineStep, type Kind, type StepDefinition, type StepFactory } from '@backstep/core'
import { toRollbackError } from './errors.ts'
import type * as z from 'zod'
import { redo, undo } from './guarded-move.ts'
import { migrationContacts } from './client.ts'
import { migrationClient } from './migration-client.ts'
import type { MigrationClient } from './client.ts'
import type { HistoryLook, MigrationTool } from './migration-tool.ts'
import { prepareUndo } from './prepare-undo.ts'
import { probeUndo } from './undo-position.ts'
import {
  type UndoPrepared,
  undoPreparedSchema,
  type UndoReceipt,
  undoReceiptSchema,
  type UndoSettings,
  type UndoSnapshot,
  undoSnapshotSchema,
} from './undo-work.ts'

export type UndoStepFactory<In extends { readonly to: string }> = StepFactory<
  In,
  UndoReceipt,
  'reversible' | 'data-loss',
  MigrationClient,
  'to'
>

interface UndoStepDefinition<In extends { readonly to: string }, O extends UndoSettings, L extends HistoryLook> {
  readonly kind: Kind
  readonly options: z.core.$ZodType<O, In>
  readonly tool: MigrationTool<O, L>
  readonly name: (options: Omit<O, 'to'>) => string
}

/** The step of one migration tool: all of them differ in how they read a history and find scripts, and in nothing else. */
export function defineUndoStep<In extends { readonly to: string }, O extends UndoSettings, L extends HistoryLook>({
  kind,
  options,
  tool,
  name,
}: UndoStepDefinition<In, O, L>): UndoStepFactory<In> {
  const made = defineStep({ kind, options: options as unknown as AnyOptions, ...bodyOf(tool as unknown as AnyTool, name as AnyName) })
  return made as unknown as UndoStepFactory<In>
}

type AnyOptions = z.core.$ZodType<UndoSettings, { readonly to: string }>
type AnyTool = MigrationTool<UndoSettings>
type AnyName = (options: Omit<UndoSettings, 'to'>) => string
type Body = Omit<
  StepDefinition<
    { readonly to: string },
    UndoSettings,
    UndoPrepared,
    UndoReceipt,
    UndoSnapshot,
    'reversible' | 'data-loss',
    MigrationClient,
    'to'
  >,
  'kind' | 'options'
>

function bodyOf(
  tool: AnyTool,
  name: AnyName,
): Body &
  Pick<
    StepDefinition<{ readonly to: string }, UndoSettings, UndoPrepared, UndoReceipt, UndoSnapshot, 'reversible', MigrationClient, 'to'>,
    'compensate'
  > {
  const source = `history of ${tool.system} and catalog`
  const at = (version: string): string => `${tool.system} is at ${version}`
  return {
    late: ['to'],
    prepared: undoPreparedSchema,
    snapshot: undoSnapshotSchema,
    receipt: undoReceiptSchema,
    traits: { risk: ['reversible', 'data-loss'], idempotency: 'natural', fencing: 'conditional-write', layer: 'schema' },
    client: ({ url }): MigrationClient => migrationClient({ url }),
    contacts: migrationContacts,
    toRollbackError,
    target: (options) => ({ system: tool.system, name: name(options) }),
    prepare: (subject, context) => prepareUndo(tool, subject, context),
    probe: (work, context) => probeUndo({ ...work, tool }, context),
    execute: (work, context) => undo({ ...work, tool }, context),
    async verify(work, context) {
      const position = await probeUndo({ ...work, tool }, context)
      const evidence = [context.evidence('schema', position.at === 'after' ? at(position.receipt.version) : position.at, source)]
      if (position.at === 'after') return { status: 'healthy', evidence }
      if (position.at === 'unknown') return { status: 'unknown', evidence, reason: position.detail }
      const actual = 'detail' in position ? position.detail : position.at
      return { status: 'unhealthy', evidence, expected: at(work.prepared.target.version), actual }
    },
    async compensate(work, context) {
      const notRestored = await redo({ ...work, tool }, context)
      return { evidence: [context.evidence('schema', at(work.prepared.before.version), source)], notRestored }
    },
  }
}
