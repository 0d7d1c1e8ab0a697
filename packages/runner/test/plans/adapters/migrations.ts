import { secretOption } from '@backstep/core'
import * as z from 'zod'
import { image, name } from './options.ts'
import { stubQuery } from './stub-reads.ts'
import { stubStep } from './stub-step.ts'

/** How far the schema of the failed image is ahead of the target's, and whether the way back was proven on a scratch copy. */
export const alembicState = stubQuery({
  kind: 'db-migrations.alembic-state',
  options: z.strictObject({ database: name, failed: image, target: image, url: secretOption() }),
  result: z.object({ differs: z.boolean(), targetRevision: z.string(), rehearsed: z.boolean() }),
  target: (o) => o.database,
  answers: { differs: true, targetRevision: 'ab12cd34', rehearsed: true },
})
export const alembicDowngrade = stubStep({
  kind: 'db-migrations.alembic-downgrade',
  options: z.strictObject({ database: name, toRevision: name, scriptsFrom: image, rowsAtMost: z.int(), url: secretOption() }),
  receipt: z.object({ revision: z.string() }),
  risk: 'data-loss',
  traits: { layer: 'schema' },
  late: ['toRevision', 'scriptsFrom'],
  target: (o) => o.database,
  gives: { revision: 'ab12cd34' },
})
export const liquibaseRollback = stubStep({
  kind: 'db-migrations.liquibase-rollback',
  options: z.strictObject({ database: name, toTag: name, rowsAtMost: z.int(), url: secretOption() }),
  receipt: z.object({ changesets: z.array(z.string()) }),
  risk: 'data-loss',
  traits: { layer: 'schema' },
  late: ['toTag'],
  target: (o) => o.database,
  gives: { changesets: ['42', '43'] },
})
