import type { Approval, PreparedPreview, RunView } from '@backstep/core'
import pg from 'pg'
import { shortName } from './names.ts'
import { readFacts, untouched } from './proof.ts'
import type { Rollback } from './rollback.ts'
import { runHere } from './run.ts'
import type { Screen } from './screen.ts'
import type { BrokenShop } from './set-up.ts'

const hotfix = 'alter table orders add column gift_note text'

/** Somebody else changes the database between preview and run. The run looks again before its first change, and refuses. */
export async function runAfterDrift(
  screen: Screen,
  shop: BrokenShop,
  rollback: Rollback,
  { preview, approval }: { readonly preview: PreparedPreview; readonly approval: Approval },
): Promise<RunView> {
  const before = await readFacts(shop)
  screen.section('Meanwhile', 'after the approval, before the run')
  await sendSql(shop.databaseUrl, hotfix)
  screen.line(`a colleague tries a hotfix: ${screen.paint('cyan', hotfix)}`)
  const view = await runHere(screen, rollback, preview, approval)
  const moved = view.leaves.filter(({ failure }) => failure?.code === 'DRIFTED')
  screen.line()
  for (const { id, failure } of moved) screen.fact('moved', `${shortName(id)}: ${failure?.message ?? ''}`)
  screen.fact('untouched', untouched(before, await readFacts(shop)))
  return view
}

async function sendSql(databaseUrl: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'a colleague' })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}
