import { RollbackError } from '../contract/errors.ts'
import type { Json, JsonObject } from '../contract/json.ts'
import type { Query, ReadContext } from '../contract/nodes.ts'
import { isOutput } from '../contract/output.ts'
import { hashOf } from './canonical.ts'
import { queryId } from './identify.ts'
import { referTo } from './reference.ts'

/** How the queries of a plan are asked while it is sealed. */
export interface SealOptions {
  /** What queries are read with. `read` is provided here. */
  readonly context: Omit<ReadContext, 'read'>
  /** Answers of an earlier seal: those queries are not asked again. */
  readonly known?: Readonly<Record<string, JsonObject>>
  /** Told before a query is asked. */
  readonly onQuery?: (id: string) => void
  /** Asks one query; a shell adds time-outs and repetition. Default: `query.read(context)`. */
  readonly ask?: (query: Query, context: ReadContext) => Promise<JsonObject>
}

/** Ids and answers of queries. Equal ones share both, so that each question is asked at most once. */
export class Answers {
  readonly ids: Map<Query, string> = new Map()
  readonly values: Record<string, JsonObject> = {}
  readonly problems: string[] = []
  readonly #optionHashes = new Map<string, string>()
  readonly #options: SealOptions

  constructor(options: SealOptions) {
    this.#options = options
  }

  /** Gives a query its id; those whose outputs it uses come first. */
  identify(query: Query): void {
    if (this.ids.has(query)) return
    const { json, problems } = referTo(
      query.options,
      (source) => this.ids.get(source as Query),
      'a step: a query is asked before any step runs',
    )
    const id = queryId(query, json, this.#optionHashes)
    this.problems.push(...problems.map((problem) => `${id} ${problem}`))
    this.ids.set(query, id)
    this.#optionHashes.set(id, hashOf(json))
  }

  async ask(query: Query): Promise<void> {
    const id = this.ids.get(query) ?? ''
    if (this.values[id] !== undefined) return
    const { context, known, onQuery, ask = (asked, within) => asked.read(within) } = this.#options
    const answer = known?.[id]
    if (answer === undefined) onQuery?.(id)
    this.values[id] = answer ?? (await ask(query, { ...context, read: (output) => this.valueOf(output) as never }))
  }

  valueOf(output: unknown): Json {
    const id = isOutput(output) ? this.ids.get(output.source as Query) : undefined
    if (id === undefined || !isOutput(output)) {
      throw new RollbackError('OUTPUT_NOT_KNOWN', 'A value was asked for that only a later step provides', {
        hint: 'Use outputs of queries here.',
      })
    }
    const value = this.values[id]?.[output.key]
    if (value !== undefined) return value
    throw new RollbackError('OUTPUT_NOT_KNOWN', `The query "${id}" gave no "${output.key}"`, {
      hint: 'Its answer may leave this field out: use another one, or test it before with a condition.',
    })
  }
}
