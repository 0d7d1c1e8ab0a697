import { writeFileSync } from 'node:fs'
import type { Progress } from './system.ts'

/** A file that always holds the last line of progress, for whoever started us and cannot see our output. */
export const progressFileVariable = 'BACKSTEP_PROGRESS_FILE'

const detailEveryMs = 10_000

export interface ProgressTarget {
  write(text: string): unknown
  readonly isTTY?: boolean
}

/** Lines on a stream: on a terminal details replace each other, elsewhere one is printed now and then. */
export function progressOn(stream: ProgressTarget, clockMs: () => number = () => performance.now()): Progress {
  const startMs = clockMs()
  let lastMs = startMs
  const line = (text: string): string =>
    `  ${Math.round((clockMs() - startMs) / 1000)
      .toString()
      .padStart(4)} s  ${text}`
  const clear = stream.isTTY === true ? '\r\u001B[2K' : ''
  return {
    stage(text) {
      lastMs = clockMs()
      tell(text)
      stream.write(`${clear}${line(text)}\n`)
    },
    detail(text) {
      tell(text)
      if (stream.isTTY === true) return void stream.write(`${clear}${line(text)}`)
      if (clockMs() - lastMs < detailEveryMs) return
      lastMs = clockMs()
      stream.write(`${line(text)}\n`)
    },
  }
}

/** Nothing is printed; only the progress file is written. */
export const quietly: Progress = { stage: tell, detail: tell }

function tell(text: string): void {
  const path = process.env[progressFileVariable]
  if (path === undefined || path === '') return
  try {
    writeFileSync(path, `${text}\n`)
  } catch {
    // Progress that nobody can read must not stop the work.
  }
}
