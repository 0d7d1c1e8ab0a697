interface Timer {
  readonly at: number
  readonly callback: () => void
}

// Timers of Node hold at most a little under 25 days.
const longestMs = 2_147_483_647

/** Time that a test moves, and what waits for it. */
export class Timeline {
  readonly #timers = new Set<Timer>()
  readonly #realStart = performance.now()
  readonly #speed: number
  readonly #isAuto: boolean
  #jumpedMs = 0
  #stoppedAt: number | undefined
  #realTimer: NodeJS.Timeout | undefined
  #isJumping = false

  constructor({ speed, isAuto }: { readonly speed: number; readonly isAuto: boolean }) {
    this.#speed = speed
    this.#isAuto = isAuto
  }

  get waiting(): number {
    return this.#timers.size
  }

  /** Milliseconds since it was made. */
  elapsed(): number {
    return this.#stoppedAt ?? this.#jumpedMs + (performance.now() - this.#realStart) * this.#speed
  }

  after(milliseconds: number, callback: () => void): () => void {
    const timer: Timer = { at: this.elapsed() + Math.max(0, milliseconds), callback }
    this.#timers.add(timer)
    this.#schedule()
    return () => {
      if (this.#timers.delete(timer)) this.#schedule()
    }
  }

  async advance(milliseconds: number): Promise<void> {
    const until = this.elapsed() + milliseconds
    await turns(1)
    for (let timer = this.#next(); timer !== undefined && timer.at <= until; timer = this.#next()) {
      this.#jumpTo(timer.at)
      this.#fire(timer)
      await turns(1)
    }
    this.#jumpTo(until)
    this.#schedule()
    await turns(1)
  }

  stop(): void {
    this.#stoppedAt ??= this.elapsed()
    clearTimeout(this.#realTimer)
  }

  #next(): Timer | undefined {
    if (this.#stoppedAt !== undefined) return undefined
    let first: Timer | undefined
    for (const timer of this.#timers) if (first === undefined || timer.at < first.at) first = timer
    return first
  }

  #fire(timer: Timer): void {
    this.#timers.delete(timer)
    timer.callback()
  }

  #jumpTo(at: number): void {
    this.#jumpedMs += Math.max(0, at - this.elapsed())
  }

  #fireDue(): void {
    for (let timer = this.#next(); timer !== undefined && timer.at <= this.elapsed(); timer = this.#next()) this.#fire(timer)
    this.#schedule()
  }

  #schedule(): void {
    clearTimeout(this.#realTimer)
    const timer = this.#next()
    if (timer === undefined) return
    if (this.#isAuto) void this.#jumpWhenIdle()
    if (this.#speed === 0) return
    const waitMs = Math.min(longestMs, Math.max(0, (timer.at - this.elapsed()) / this.#speed))
    this.#realTimer = setTimeout(() => this.#fireDue(), waitMs)
  }

  async #jumpWhenIdle(): Promise<void> {
    if (this.#isJumping) return
    this.#isJumping = true
    await turns(3)
    this.#isJumping = false
    const timer = this.#next()
    if (timer === undefined) return
    this.#jumpTo(timer.at)
    this.#fireDue()
  }
}

/** Lets the program go on: everything that is ready, and what that makes ready. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise<void>((resolve) => setImmediate(resolve))
}
