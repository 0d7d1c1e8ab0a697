export { helmContacts } from './client.ts'
export type {
  HelmCall,
  HelmClient,
  HelmExit,
  Refusal,
  Rehearsal,
  ReleaseObjects,
  ReleaseRequest,
  RollbackRequest,
  UpgradeRequest,
} from './client.ts'
export { helmClient } from './helm-client.ts'
export type { HelmClientOptions } from './helm-client.ts'
export { defectsOf, provedVersions } from './helm-versions.ts'
export type { HelmDefect } from './helm-versions.ts'
export { decodeRecord } from './release-record.ts'
export type { ReleaseHook, ReleaseRecord, StorageDriver } from './release-record.ts'
export { releaseObjects } from './release-objects.ts'
export { removedRecordLabel } from './remove-record.ts'
export { rollbackRelease } from './rollback-release.ts'
export type { RollbackReleaseOptions, RollbackReleaseReceipt } from './rollback-release.ts'
export { unlockRelease } from './unlock-release.ts'
export type { UnlockReleaseOptions } from './unlock-release.ts'
export { reinstallRelease } from './reinstall-release.ts'
export type { ReinstallApprovals } from './reinstall-release.ts'
export type { ReinstallOptions } from './reinstall-step.ts'
export { lastGoodRelease, releaseHistory } from './release-queries.ts'
export type { LastGoodRelease, ReleaseHistory, ReleaseQueryOptions, Revision } from './release-queries.ts'
export { releaseHealthy } from './release-healthy.ts'
export type { ReleaseHealthyOptions } from './release-healthy.ts'
export { upgradeRelease } from './upgrade-release.ts'
export type { UpgradeReleaseOptions } from './upgrade-release.ts'
export { rollbackValue } from './rollback-value.ts'
export type { RollbackValueOptions } from './rollback-value.ts'
export type { ChangeFactory, ChangeReleaseOptions } from './prepare-upgrade.ts'
