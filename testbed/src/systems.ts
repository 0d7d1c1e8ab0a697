import { withParts } from './cache.ts'
import type { System } from './system.ts'
import { kubernetes } from './systems/kubernetes.ts'

/** What `pnpm testbed up` starts when no name is given, and what tests ask for. Add a system here. */
export const systems: readonly System[] = [kubernetes]

/** A system or a part of one; `undefined` when there is none of that name. */
export function systemNamed(name: string): System | undefined {
  return systems.flatMap(withParts).find((system) => system.name === name)
}
