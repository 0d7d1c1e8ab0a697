interface Timer {
  readonly at: number
  readonly callback: () => void
}

// Timers of Node hold at most a little under 25 days.
const longestMs = 2_147_483_647

/**
 * Time that a test moves, and what waits for it. Also when it goes by itself it never goes past a timer that was not called yet: a program
 * that is held up, by its machine or by other tests, finds no time-outs and lost leases that it would not have had otherwise.
 */
export class Timeline {
  readonly #timers = new Set<Timer>()
  readonly #speed: number
  readonly #isAuto: boolean
  /** The time at the real moment `#since`, from which on it goes by itself. */
  #base = 0
  #since = performance.now()
  #first: Timer | undefined
  #isStopped = false
  #takeBack = (): void => undefined
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
    if (this.#isStopped || this.#speed === 0) return this.#base
    const flown = this.#base + (performance.now() - this.#since) * this.#speed
    return this.#first === undefined ? flown : Math.min(flown, this.#first.at)
  }

  after(milliseconds: number, callback: () => void): () => void {
    const timer: Timer = { at: this.elapsed() + Math.max(0, milliseconds), callback }
    this.#timers.add(timer)
    if (this.#first === undefined || timer.at < this.#first.at) this.#first = timer
    if (this.#first === timer) this.#schedule()
    return () => this.#remove(timer)
  }

  async advance(milliseconds: number): Promise<void> {
    const until = this.elapsed() + milliseconds
    await turns(1)
    for (let timer = this.#next(); timer !== undefined && timer.at <= until; timer = this.#next()) {
      this.#fire(timer)
      await turns(1)
    }
    this.#goOnFrom(until)
    this.#schedule()
    await turns(1)
  }

  stop(): void {
    this.#base = this.elapsed()
    this.#isStopped = true
    this.#takeBack()
  }

  #next(): Timer | undefined {
    return this.#isStopped ? undefined : this.#first
  }

  #remove(timer: Timer): void {
    if (!this.#timers.has(timer)) return
    const wasFirst = timer === this.#first
    if (wasFirst) this.#goOnFrom(this.elapsed())
    this.#timers.delete(timer)
    if (!wasFirst) return
    this.#first = undefined
    for (const other of this.#timers) if (this.#first === undefined || other.at < this.#first.at) this.#first = other
    this.#schedule()
  }

  #fire(timer: Timer): void {
    const at = Math.max(timer.at, this.#base)
    this.#remove(timer)
    this.#goOnFrom(at)
    timer.callback()
  }

  /** Never back. */
  #goOnFrom(at: number): void {
    if (this.#isStopped) return
    this.#base = Math.max(this.#base, at)
    this.#since = performance.now()
  }

  /** What is due together is called turn by turn, so that the program can go on after each. */
  #fireDue(): void {
    const timer = this.#next()
    if (timer !== undefined && timer.at <= this.elapsed()) this.#fire(timer)
    this.#schedule()
  }

  #schedule(): void {
    this.#takeBack()
    const timer = this.#next()
    if (timer === undefined) return
    if (this.#isAuto) void this.#jumpWhenIdle()
    if (this.#speed === 0) return
    this.#takeBack = soon((timer.at - this.elapsed()) / this.#speed, () => this.#fireDue())
  }

  async #jumpWhenIdle(): Promise<void> {
    if (this.#isJumping) return
    this.#isJumping = true
    await turns(3)
    this.#isJumping = false
    const timer = this.#next()
    if (timer === undefined) return
    this.#fire(timer)
    this.#schedule()
  }
}

/** In real time, early rather than late: timers of Node wait a millisecond at least, which is long at a high speed. Returns the taking back. */
function soon(milliseconds: number, callback: () => void): () => void {
  if (milliseconds < 1) {
    const turn = setImmediate(callback)
    return () => clearImmediate(turn)
  }
  const timer = setTimeout(callback, Math.min(longestMs, milliseconds))
  return () => clearTimeout(timer)
}

/** Lets the program go on: everything that is ready, and what that makes ready. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise<void>((resolve) => setImmediate(resolve))
}
