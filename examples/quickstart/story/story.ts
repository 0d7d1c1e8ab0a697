import type { Approval, PreparedPreview, RunView } from '@backstep/core'
import { runAndCrash } from './crash.ts'
import { watchCustomers } from './customers-view.ts'
import { approveForStory, showPreview } from './decide.ts'
import { runAfterDrift } from './drift.ts'
import type { StoryOptions } from './options.ts'
import { type Facts, readFacts, showProof, untouched } from './proof.ts'
import { openRollback, type Rollback } from './rollback.ts'
import { runHere, showEnd } from './run.ts'
import type { Screen } from './screen.ts'
import { type BrokenShop, setUp } from './set-up.ts'
import { defaultRoot } from '../world/layout.ts'

/** The whole story: a shop, a bad release, a plan, its preview, its run, the proof. Returns the exit code. */
export async function tellStory(screen: Screen, root: string, options: StoryOptions, signal: AbortSignal): Promise<number> {
  const shop = await setUp(screen, root, signal)
  const rollback = openRollback(shop)
  const before = options.explain ? await readFacts(shop) : undefined
  const preview = await showPreview(screen, rollback, options.explain)
  if (before !== undefined) return showNothingChanged(screen, before, await readFacts(shop))
  const approval = options.ask ? undefined : approveForStory(screen, preview)
  const from = Date.now()
  const view = await carryOut(screen, shop, rollback, preview, approval, options)
  const to = Date.now()
  if (view.outcome === 'succeeded') {
    screen.section('Customers, after it')
    await watchCustomers(screen, root, 3, signal)
    await showProof(screen, shop, { from, to })
  }
  const code = showEnd(screen, view, shop.layout.report)
  if (options.keep) showHowToGoOn(screen, shop)
  return code
}

function showHowToGoOn(screen: Screen, { settings, layout }: BrokenShop): void {
  screen.section('The shop goes on')
  screen.fact('look', `curl ${settings.shopUrl}/health`)
  screen.fact('database', `psql "$(cat ${layout.secrets}/SHOP_DATABASE_URL)"`)
  screen.fact('stop', `npm run quickstart -- --stop${layout.root === defaultRoot ? '' : ` --world ${layout.root}`}`)
}

function showNothingChanged(screen: Screen, before: Facts, after: Facts): number {
  screen.line()
  screen.row(screen.paint('bold', 'Only looked.'), screen.paint('dim', 'exit code 0'))
  screen.fact('untouched', untouched(before, after))
  screen.fact('next', 'npm run quickstart')
  return 0
}

function carryOut(
  screen: Screen,
  shop: BrokenShop,
  rollback: Rollback,
  preview: PreparedPreview,
  approval: Approval | undefined,
  { crash, drift, seed }: StoryOptions,
): Promise<RunView> {
  if (approval !== undefined && crash) return runAndCrash(screen, shop, rollback, { preview, approval }, seed)
  if (approval !== undefined && drift) return runAfterDrift(screen, shop, rollback, { preview, approval })
  return runHere(screen, rollback, preview, approval)
}
