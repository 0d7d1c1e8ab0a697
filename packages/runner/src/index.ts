export { stamps, systemClock } from './clock.ts'
export type { RunnerClock } from './clock.ts'
export type { RunEvent } from './events.ts'
export { filePorts, fileRunner } from './file-runner.ts'
export type { FileRunnerOptions } from './file-runner.ts'
export { RunStopped } from './failure.ts'
export { fileStore } from './journal/file-store.ts'
export type { FileStoreOptions } from './journal/file-store.ts'
export { memoryStore } from './journal/memory-store.ts'
export type { AppendFate, MemoryStoreOptions } from './journal/memory-store.ts'
export { fileLeases } from './leases/file-leases.ts'
export type { FileLeases, FileLeasesOptions } from './leases/file-leases.ts'
export type { FileSystem } from './journal/file-system.ts'
export { memoryLeases } from './leases/memory-leases.ts'
export { plainSealer } from './sealer/plain-sealer.ts'
export { keyFileSealer } from './sealer/key-file-sealer.ts'
export type { KeyFileOptions } from './sealer/key-file-sealer.ts'
export { defaultLimits } from './ports.ts'
export type { RunnerLimits, RunnerPorts } from './ports.ts'
export type { PreviewOptions } from './preview.ts'
export { newRunId, randomId } from './random.ts'
export { fileRequests, memoryRequests } from './requests.ts'
export type { RequestBox, RunRequest, TakeOver } from './requests.ts'
export { approve, exitCodeOf } from './approve.ts'
export { createRunner } from './create-runner.ts'
export type { GateReply, OperatorReply, ReadRun, ResumeRunOptions, RunHandle, Runner, RunOptions } from './runner.ts'
export type { StepObserver } from './session.ts'
export type { PlanOverride } from './plan-change.ts'
export type { DriveOptions } from './drive.ts'
export type {
  AppendOptions,
  LeaseGrant,
  LeaseHolding,
  LeaseOwner,
  LeaseStore,
  OutboxNotice,
  RepairedTail,
  RunStore,
  RunWriter,
  Sealer,
  StoredRun,
} from './store.ts'
export type { FileState } from './journal/file-system.ts'
