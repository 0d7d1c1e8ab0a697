import type { Strategy } from './decision.ts'

/**
 * What can make going back impossible or dangerous.
 *
 * Found by looking: `irreversible-migration`, `stale-backup`, `external-effects`, `restore-window-closed`, `soft-delete-expired`,
 * `release-history-pruned`, `image-removed`, `infrastructure-state-removed`, `clients-upgraded`.
 * Made by our own steps: `old-server-deleted`, `state-serial-moved`, `node-data-removed`, `release-uninstalled`.
 */
export type NoReturnKind =
  | 'irreversible-migration'
  | 'stale-backup'
  | 'external-effects'
  | 'restore-window-closed'
  | 'soft-delete-expired'
  | 'release-history-pruned'
  | 'image-removed'
  | 'infrastructure-state-removed'
  | 'clients-upgraded'
  | 'old-server-deleted'
  | 'state-serial-moved'
  | 'node-data-removed'
  | 'release-uninstalled'

/** A strategy, or `undo`: putting back what the present run has done. */
export type WayBack = Strategy | 'undo'

/** One point of no return: what it forbids once it is passed, and what still works. */
export interface NoReturnRule {
  readonly kind: NoReturnKind
  /** What has to be looked at. */
  readonly question: string
  /** Not possible any more; nobody's word changes that. */
  readonly forbids: readonly WayBack[]
  /** Possible when somebody accepts the consequence, with a name and a reason. */
  readonly asks: readonly WayBack[]
  /** What is accepted then, in words. Left out where nothing is asked. */
  readonly consequence?: string
  /** What can be done first, so that looking again gives another answer. */
  readonly remedy?: string
}

/**
 * The rules for every kind. `fix-forward` is never forbidden: it is what always remains.
 *
 * They are asked when a plan is previewed and again right before its first step without a way back, because the world moves in between.
 */
export const noReturnRules: { readonly [K in NoReturnKind]: NoReturnRule & { readonly kind: K } } = {
  'irreversible-migration': {
    kind: 'irreversible-migration',
    question:
      'Do the migrations between the target and the failed release drop, truncate or narrow anything, or say that they are irreversible?',
    forbids: ['full'],
    asks: ['partial'],
    consequence: 'The earlier code of some services meets the newer schema.',
    remedy: 'Show that the earlier release works with the newer schema, or restore the data beside and compare.',
  },
  'stale-backup': {
    kind: 'stale-backup',
    question: 'Was anything written after the last backup that was shown to restore?',
    forbids: ['data-restore'],
    asks: [],
    remedy: 'Take a dump now, verify it, and look again.',
  },
  'external-effects': {
    kind: 'external-effects',
    question: 'Were messages, payments or webhooks sent to other systems since the release?',
    forbids: [],
    asks: ['partial', 'full', 'data-restore'],
    consequence: 'Other systems keep what they were told; it is not taken back.',
    remedy: 'Send compensating messages, then look again.',
  },
  'restore-window-closed': {
    kind: 'restore-window-closed',
    question: 'Does the wanted point in time lie before the earliest one that the provider can restore?',
    forbids: ['data-restore'],
    asks: [],
    remedy: 'Use a dump from before that time, or a later point in time.',
  },
  'soft-delete-expired': {
    kind: 'soft-delete-expired',
    question: 'Are the days over for which deleted objects are kept?',
    forbids: ['data-restore'],
    asks: [],
    remedy: 'Copy the objects from the backup account.',
  },
  'release-history-pruned': {
    kind: 'release-history-pruned',
    question: 'Is the target revision gone from the history of the workload or the release?',
    forbids: [],
    asks: ['partial', 'full'],
    consequence: 'The target is rebuilt from its files and digests, not taken from the history.',
    remedy: 'Resolve the target to image digests and files of the tag.',
  },
  'image-removed': {
    kind: 'image-removed',
    question: 'Is an image of the target gone from the registry?',
    forbids: ['partial', 'full'],
    asks: [],
    remedy: 'Push the image again from a node or a build that still has this digest, and look again.',
  },
  'infrastructure-state-removed': {
    kind: 'infrastructure-state-removed',
    question: 'Is the wanted version of the infrastructure state gone from its store?',
    forbids: [],
    asks: ['infra'],
    consequence: 'Infrastructure goes back by a new plan from the earlier code, without the earlier state.',
  },
  'clients-upgraded': {
    kind: 'clients-upgraded',
    question: 'Do mobile apps, browser apps or other services use something that only the newer release offers?',
    forbids: ['full'],
    asks: ['partial'],
    consequence: 'Upgraded clients meet an earlier interface and fail.',
    remedy: 'Switch the new function off for the clients first, and look again.',
  },
  'old-server-deleted': {
    kind: 'old-server-deleted',
    question: 'Was the replaced database server deleted?',
    forbids: ['undo'],
    asks: [],
    remedy: 'Restore another point in time beside, as a plan of its own.',
  },
  'state-serial-moved': {
    kind: 'state-serial-moved',
    question: 'Has the infrastructure state a newer serial than the one that was captured?',
    forbids: ['undo'],
    asks: ['infra'],
    consequence: 'Somebody else has applied since; a plan from the earlier code also takes their change back.',
    remedy: 'Plan again against the present state.',
  },
  'node-data-removed': {
    kind: 'node-data-removed',
    question: 'Were pods with data on the node evicted, and the data with them?',
    forbids: ['undo'],
    asks: [],
  },
  'release-uninstalled': {
    kind: 'release-uninstalled',
    question: 'Was the release uninstalled, and its history with it?',
    forbids: ['undo'],
    asks: ['partial', 'full'],
    consequence: 'The release is installed anew: addresses and volumes that it owned may differ.',
  },
}
