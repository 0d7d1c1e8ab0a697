import { defineStep, type Secret, secretOption, type StepFactory } from '@backstep/core'
import * as z from 'zod'
import { databaseClient } from './database-client.ts'
import { databaseContacts, type DatabasePort, readOnly, SqlError } from './database-port.ts'
import { databaseError } from './database-errors.ts'
import { lookAgain, preparedSchema, receiptSchema, redo, undo } from './guarded-undo.ts'
import { fingerprintOf, identityOf, readPosition } from './schema-position.ts'
import { shopClient } from './shop-client.ts'
import { shopError } from './shop-errors.ts'
import { type ShopPort, shopContacts } from './shop-port.ts'
import { changesOf, countRows, migrationsAbove } from './undo-preview.ts'
import { undoStatements, undoStatementsSchema } from './undo-statements.ts'

export interface UndoMigrationOptions {
  readonly shop: string
  /** Name of the secret that holds the database's address. */
  readonly database: Secret
  /** The schema version that stays. */
  readonly to: number
  /** The most rows of one table or column that may be taken out of use. More refuse the step, also when they arrive after the approval. */
  readonly rowsAtMost: number
}
export type UndoMigrationReceipt = z.infer<typeof receiptSchema>
export type UndoMigrationPort = DatabasePort & Pick<ShopPort, 'readText'>

/**
 * Takes the schema back to an earlier version with the undo scripts of the release that is current, in one transaction: the rows that
 * would be lost are counted and kept in side tables first, and the end is proved before COMMIT.
 *
 * It reads both scripts of each migration from `current`, so it has to come before the switch to a release that does not have them. It
 * understands undo scripts of DROP COLUMN, DROP CONSTRAINT and DROP TABLE. The side tables stay; dropping them is a plan of its own.
 */
export const undoMigration: StepFactory<UndoMigrationOptions, UndoMigrationReceipt, 'reversible', UndoMigrationPort, 'to'> = defineStep({
  kind: 'quickstart.undo-migration',
  options: z.strictObject({ shop: z.string(), database: secretOption(), to: z.int().positive(), rowsAtMost: z.int().nonnegative() }),
  late: ['to'],
  prepared: preparedSchema,
  snapshot: undoStatementsSchema,
  receipt: receiptSchema,
  traits: { risk: 'reversible', idempotency: 'natural', fencing: 'conditional-write', layer: 'schema' },
  client: ({ shop, database }): UndoMigrationPort => undoPort(databaseClient(database), shopClient(shop)),
  contacts: { ...databaseContacts, readText: shopContacts.readText },
  toRollbackError: (cause) => (cause instanceof SqlError ? databaseError(cause) : shopError(cause)),
  target: () => ({ system: 'postgres', name: 'schema' }),

  async prepare({ options: { to, rowsAtMost }, client }, context) {
    return readOnly(client, 'backstep prepare', context, async (session) => {
      const found = await readPosition(session)
      const migrations = await migrationsAbove(client, found.live, to, context)
      const snapshot = await undoStatements(session, migrations, context.mark)
      const rows = await countRows(session, snapshot.losses, rowsAtMost)
      const live = identityOf(found.live)
      const target = identityOf(found.live.filter(({ version }) => Number(version) <= to))
      const resource = `postgres:${found.database}/public`
      return {
        prepared: {
          database: found.database,
          rank: found.rank,
          before: { live, tables: found.tables },
          target: { live: target, version: to },
        },
        snapshot,
        summary: `Take the schema back to version ${to} (undo ${migrations.map(({ row }) => `V${row.version}`).join(', ')})`,
        changes: changesOf({ resource, migrations, losses: snapshot.losses, rows, rowsAtMost, live, target }),
        guards: [
          { resource, property: 'versions', equals: live },
          { resource, property: 'fingerprint', equals: fingerprintOf(found.tables) },
        ],
        leases: [`postgres:${found.database}`],
        risk: ['reversible'],
        estimate: { duration: '1s', downtime: '0s' },
      }
    })
  },
  probe: async (work, context) => lookAgain(work, context),
  execute: async (work, context) => undo(work, context),
  async verify(work, context) {
    const position = await lookAgain(work, context)
    const found = position.at === 'after' ? `version ${position.receipt.version}` : position.at
    const evidence = [context.evidence('schema', found, 'schema_history and catalog')]
    if (position.at === 'after') return { status: 'healthy', evidence }
    if (position.at === 'unknown') return { status: 'unknown', evidence, reason: position.detail }
    return {
      status: 'unhealthy',
      evidence,
      expected: work.prepared.target.live,
      actual: 'detail' in position ? position.detail : position.at,
    }
  },
  async compensate(work, context) {
    const notRestored = await redo(work, context)
    return { evidence: [context.evidence('schema', work.prepared.before.live, 'schema_history and catalog')], notRestored }
  },
})

function undoPort(database: DatabasePort, shop: ShopPort): UndoMigrationPort {
  return { ...database, readText: (path, call) => shop.readText(path, call) }
}
