import { RollbackError } from '@backstep/core'
import { parseScript } from '../parse-script.ts'
import { factsOf } from '../statement-effects.ts'

/** One revision of what `alembic … --sql` wrote, without the transaction around it and without the move of the version. */
export interface RenderedStep {
  readonly from: string
  readonly to: string
  readonly sql: string
}

const heading = /^-- Running (?:upgrade|downgrade) (\S*) -> (\S*)\s*$/

/**
 * Takes the SQL of Alembic apart, one entry for each revision in the order in which it runs. The one BEGIN at the start and the one COMMIT at the
 * end are ours to send; what moves the version is left out, because ours carries the mark.
 *
 * @throws RollbackError `NOT_SUPPORTED` when a transaction command stands in between (an `autocommit_block`): half an undo could stay behind.
 */
export async function renderedSteps(what: string, sql: string, table: string): Promise<readonly RenderedStep[]> {
  const parts: { from: string; to: string; lines: string[] }[] = []
  for (const line of sql.split('\n')) {
    const [, from, to] = heading.exec(line) ?? []
    if (from !== undefined && to !== undefined) parts.push({ from, to, lines: [] })
    else parts.at(-1)?.lines.push(line)
  }
  const steps: RenderedStep[] = []
  for (const [index, { from, to, lines }] of parts.entries()) {
    const statements = await parseScript(`${what} ${from} -> ${to}`, lines.join('\n'))
    const isLast = index === parts.length - 1
    const inside = statements.filter(({ text }, at) => !(isLast && at === statements.length - 1 && /^commit$/i.test(text)))
    if (inside.some((one) => factsOf(one).isTransactionControl)) {
      throw new RollbackError('NOT_SUPPORTED', `${what} ${from} -> ${to} commits in between`, {
        hint: 'An autocommit block or one transaction per migration would leave half an undo behind. Undo this revision by hand.',
      })
    }
    const own = inside.filter(({ kind, node }) => !(kind === 'UpdateStmt' && (node['relation'] as { relname?: string }).relname === table))
    steps.push({ from, to, sql: own.map(({ text }) => `${text};`).join('\n') })
  }
  return steps
}
