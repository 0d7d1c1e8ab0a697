import { compareVersions, parseToolVersion, type ToolVersion, type VersionRange } from '@backstep/process'

/** The versions that these steps were written for. Both lines are tested against a real control plane. */
export const provedVersions: readonly VersionRange[] = [
  { atLeast: '3.8.0', below: '4.0.0-alpha' },
  { atLeast: '4.0.0', below: '5.0.0-alpha' },
]

/** A defect of Helm that changes what a rollback can do. */
export interface HelmDefect {
  readonly id: 'live-but-unrecorded' | 'silent-delete'
  readonly says: string
}

const failsOnUnrecorded: HelmDefect = {
  id: 'live-but-unrecorded',
  says: 'it fails in the middle of a rollback on an object that is in the cluster and not in its newest record',
}
const deletesSilently: HelmDefect = {
  id: 'silent-delete',
  says: 'it says that a rollback succeeded although an object could not be deleted',
}

/** The known defects of a version, by name. What Helm says is proved against the live objects with every version. */
export function defectsOf(version: ToolVersion): readonly HelmDefect[] {
  return [...(cannotAdopt(version) ? [failsOnUnrecorded] : []), ...(version.major === 3 ? [deletesSilently] : [])]
}

/** True when it fails on an object that lives and is in no record. Fixed in 4.0.5, and again from 4.2.0 on; the line 4.1 has the defect. */
export function cannotAdopt(version: ToolVersion): boolean {
  return version.major < 4 || version.minor === 1 || !isAtLeast(version, '4.0.5')
}

function isAtLeast(version: ToolVersion, text: string): boolean {
  const bound = parseToolVersion(text)
  return bound !== undefined && compareVersions(version, bound) >= 0
}
