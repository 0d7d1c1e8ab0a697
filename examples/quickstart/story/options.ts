import { parseArgs } from 'node:util'
import { RollbackError } from '@backstep/core'

export interface StoryOptions {
  readonly explain: boolean
  readonly crash: boolean
  readonly drift: boolean
  readonly ask: boolean
  readonly keep: boolean
  readonly stop: boolean
  readonly help: boolean
  readonly seed: number | undefined
  readonly world: string | undefined
}

export const helpText = `
  npm run quickstart [-- options]

  A small shop runs for real: a git repository, a server, a PostgreSQL, customers.
  Release 1.5.0 breaks it, and a plan takes it back. Nothing is faked, nothing is
  left running.

    --explain      show the plan and its preview, change nothing, stop there
    --crash        kill the rollback with SIGKILL in the middle, then resume it
    --seed N       another moment for --crash: before its Nth contact with the shop
    --drift        change the world between preview and run: refused, exit code 3
    --ask          ask for the approval here, instead of giving it
    --keep         leave the shop running at the end, to look at
    --stop         stop a shop that --keep left running
    --world DIR    where the shop is put (default: examples/quickstart/.world)
    --help         this

  Exit codes
    0  the shop is well again          3  refused by a guard, nothing was changed
    1  failed, and put back            4  not decided: somebody has to answer
    2  failed, a person is needed

  Next: read examples/quickstart/plan.ts (one screen) and the steps beside it.
`

/**
 * Reads the command line.
 *
 * @throws RollbackError `OPTIONS_INVALID`, naming the option.
 */
export function readOptions(args: readonly string[]): StoryOptions {
  const flag = { type: 'boolean', default: false } as const
  const options = {
    explain: flag,
    crash: flag,
    drift: flag,
    ask: flag,
    keep: flag,
    stop: flag,
    help: { ...flag, short: 'h' },
    seed: { type: 'string' },
    world: { type: 'string' },
  } as const
  try {
    const { values } = parseArgs({ args: [...args], options, strict: true })
    const modes = (['explain', 'crash', 'drift', 'ask', 'stop'] as const).filter((mode) => values[mode])
    if (modes.length > 1)
      throw new RollbackError('OPTIONS_INVALID', `--${modes.join(' and --')} do not go together`, { hint: 'Pass one of them.' })
    return { ...values, seed: seedOf(values.seed), world: values.world }
  } catch (cause) {
    if (cause instanceof RollbackError) throw cause
    const message = (cause as Error).message.split('.')[0] ?? 'unknown option'
    throw new RollbackError('OPTIONS_INVALID', message, { hint: 'Run `npm run quickstart -- --help` for the options.' })
  }
}

function seedOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const seed = Number(text)
  if (Number.isSafeInteger(seed) && seed >= 0) return seed
  throw new RollbackError('OPTIONS_INVALID', `--seed ${text} is no whole number`, { hint: 'Pass a whole number, for example --seed 7.' })
}
