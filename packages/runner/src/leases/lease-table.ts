import type { LeaseOwner } from '../store.ts'

/** One key as it is kept. Kept after release, so that its token never starts again. */
export interface LeaseRow {
  readonly key: string
  readonly token: number
  readonly owner: LeaseOwner
  /** Of the owner's process, where the system can tell; another process under the same id has another. */
  readonly processStart?: string
  /** Milliseconds since 1970, like the next. */
  readonly renewedAt: number
  readonly expiresAt: number
  readonly isReleased: boolean
}

export interface LeaseChange<Result> {
  readonly result: Result
  /** What the row becomes; left out: it stays as it is. */
  readonly row?: LeaseRow
}

/** Rows by key, changed one at a time over all processes that share the table. */
export interface LeaseTable {
  /**
   * Runs `change` on the row of a key while nobody else can change it. `isDurable`: on disk when it resolves. A renewal need not be, since a
   * machine that lost its power has lost the holder too.
   */
  update<Result>(
    key: string,
    options: { readonly isDurable: boolean },
    change: (row: LeaseRow | undefined) => LeaseChange<Result>,
  ): Promise<Result>
  read(key: string): Promise<LeaseRow | undefined>
  /** In the order of the keys. */
  all(): Promise<readonly LeaseRow[]>
}
