import { isSecret, renderPreviewText } from '@backstep/core'
import { searchForSecrets } from '../../secrets/search-for-secrets.ts'
import { errorOf } from '../call.ts'
import { demand, demandNone } from '../failure.ts'
import type { Passage } from '../passage.ts'
import type { ConformanceCheck, Facts, Suite } from '../suite.ts'
import { disturbedCalls } from './failures.ts'

/** Names of the secrets that stand in the options of the step. */
function namesIn(value: unknown, depth = 0): readonly string[] {
  if (isSecret(value)) return [value.name]
  if (typeof value !== 'object' || value === null || depth > 10) return []
  return Object.values(value).flatMap((member) => namesIn(member, depth + 1))
}

function hasNone({ step, secrets }: Facts): string | undefined {
  return Object.keys(secrets).length === 0 && namesIn(step.options).length === 0 ? 'not promised: the step takes no secret' : undefined
}

function placesOf(route: string, { preview, records, events, view, blobs }: Passage): Readonly<Record<string, unknown>> {
  return {
    [`preview (${route})`]: preview,
    [`printed preview (${route})`]: renderPreviewText(preview),
    [`journal (${route})`]: records.map((record) => JSON.stringify(record)),
    [`events (${route})`]: events,
    [`run (${route})`]: view,
    [`snapshots (${route})`]: blobs,
  }
}

async function proveNothingLeaks(suite: Suite): Promise<void> {
  const { step, secrets, canUndo } = await suite.facts()
  const unplanted = namesIn(step.options).filter((name) => secrets[name] === undefined)
  demandNone(
    unplanted.map((name) => `no canary for ${name}`),
    'Plant a canary for each secret of the step in `secrets` of the bench',
  )
  const { reports } = await suite.life()
  const revealed = new Set(Object.values(reports).flatMap((report) => [...report.revealed]))
  const idle = Object.keys(secrets).filter((name) => !revealed.has(name))
  demand(idle.length === 0, () => `${idle.join(', ')} was planted and never revealed: a search for it would prove nothing`)
  const places = {
    ...placesOf('forward', await suite.passage('forward')),
    ...(canUndo ? placesOf('back', await suite.passage('back')) : {}),
    ...Object.fromEntries(Object.entries(reports).map(([method, { result, reports: progress }]) => [method, { result, progress }])),
  }
  const failures = Object.fromEntries(
    (await disturbedCalls(suite)).map(({ what, report }) => [`error of ${what}`, [errorOf(report), report.reports]]),
  )
  const found = searchForSecrets(secrets, { ...places, ...failures })
  demandNone(
    found.map(({ secret, place, spelling }) => `${secret} stands in ${place} (${spelling})`),
    'A secret left the step',
  )
}

export const secretChecks: readonly ConformanceCheck[] = [
  { promise: 'planted secrets appear nowhere', notPromised: hasNone, prove: proveNothingLeaks },
]
