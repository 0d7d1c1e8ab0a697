import type { KubernetesObject } from '@backstep/kubernetes'

const annotation = 'backstep.dev/writes'
const mostMarks = 8

/** Where the marks of the last writes stand on an object. */
export const markTrail: readonly [string, string, string] = ['metadata', 'annotations', annotation]

/**
 * The marks of the last writes, oldest first, joined by commas; one that was put back has a hyphen behind it. It only ever grows or is
 * corrected in place, so a process whose view is old sees that others wrote since, also when the fields are again as it knew them. And a step
 * knows its own effect under the writes of later steps that were put back.
 */
export function trailOf(live: KubernetesObject): string {
  return live.metadata.annotations?.[annotation] ?? ''
}

export function trailWith(trail: string, mark: string): string {
  const others = trail.split(',').filter((entry) => entry !== '' && entry !== mark && entry !== `${mark}-`)
  return [...others, mark].slice(-mostMarks).join(',')
}

/** The mark stays, as put back. */
export function trailWithout(trail: string, mark: string): string {
  const entries = trail.split(',').filter((entry) => entry !== '')
  const kept = entries.includes(mark) ? entries.map((entry) => (entry === mark ? `${mark}-` : entry)) : [...entries, `${mark}-`]
  return kept.slice(-mostMarks).join(',')
}
