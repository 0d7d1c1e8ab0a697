import * as z from 'zod'
import { image, images, name, names } from './options.ts'
import { stubQuery } from './stub-reads.ts'
import { stubStep } from './stub-step.ts'

const project = { project: name, host: name }
const place = (o: { readonly project: string; readonly host: string }): string => `${o.host}/${o.project}`
const servicesOf = (o: { readonly project: string; readonly host: string; readonly services: readonly string[] }): string =>
  `${place(o)}/${o.services.join('+')}`

export const running = stubQuery({
  kind: 'compose.running',
  options: z.strictObject(project),
  result: z.object({ images: z.array(image), api: image }),
  target: place,
  answers: { images: ['alojamientos/api@sha256:42bb'], api: 'alojamientos/api@sha256:42bb' },
})
/** Fetches images; nothing that runs changes. */
export const pull = stubStep({
  kind: 'compose.pull',
  options: z.strictObject({ ...project, images }),
  receipt: z.object({ pulled: z.int() }),
  risk: 'none',
  late: ['images'],
  target: place,
  gives: { pulled: 2 },
})
/** Enter: the services are stopped. Leave: the services of the project run, whichever containers they have then. */
export const stop = stubStep({
  kind: 'compose.stop',
  options: z.strictObject({ ...project, services: names }),
  receipt: z.object({ stopped: z.int() }),
  risk: 'reversible',
  traits: { fencing: 'lease-only', stopsWriters: true },
  target: servicesOf,
  gives: { stopped: 2 },
})
export const restoreEnvironment = stubStep({
  kind: 'compose.restore-environment',
  options: z.strictObject({ ...project, snapshot: name }),
  receipt: z.object({ hash: z.string() }),
  risk: 'reversible',
  traits: { fencing: 'lease-only' },
  target: place,
  gives: { hash: '5f7c' },
})
/** `start: 'when the scope is left'` makes the containers only: inside a stopped project nothing old starts again. */
export const redeploy = stubStep({
  kind: 'compose.redeploy',
  options: z.strictObject({ ...project, services: names, images, start: z.enum(['now', 'when the scope is left']).default('now') }),
  receipt: z.object({ containers: z.array(z.string()) }),
  risk: 'reversible',
  traits: { fencing: 'lease-only', layer: 'code' },
  late: ['images'],
  target: servicesOf,
  gives: { containers: ['api-1', 'worker-1'] },
})
/** A restart would keep the old environment. */
export const recreate = stubStep({
  kind: 'compose.recreate',
  options: z.strictObject({ ...project, services: names }),
  receipt: z.object({ containers: z.array(z.string()) }),
  risk: 'reversible',
  traits: { fencing: 'lease-only' },
  target: servicesOf,
  gives: { containers: ['api-1'] },
})
