import { inspect } from 'node:util'

/** One place where a secret was found. It never holds the secret itself. */
export interface FoundSecret {
  /** The name of the secret. */
  readonly secret: string
  /** `'journal[3].message'`, `'error.cause.input'`. */
  readonly place: string
  /** How it was written there. */
  readonly spelling: 'plain' | 'base64' | 'hex' | 'percent'
}

interface Needle {
  readonly secret: string
  readonly spelling: FoundSecret['spelling']
  readonly text: string
}

const deepest = 40

/**
 * Looks for secrets in anything that leaves a run: previews, records, snapshots, errors, events.
 *
 * Goes through objects, lists, maps, sets, bytes and errors: message, stack, cause, and every own property, also the ones that `JSON` and
 * `console.log` leave out. Finds a secret as it is, in base64, in hexadecimal and percent-encoded. Does not find one that was compressed,
 * encrypted, or cut in two.
 *
 * ```ts
 * assert.deepEqual(searchForSecrets({ DB_URL: 'canary-7f3a' }, { preview, journal, error }), [])
 * ```
 *
 * @param secrets The value of each secret by name. Use values that occur nowhere else, of eight characters or more.
 * @param places What to search, each under a name for the answer.
 * @throws RangeError when a value is too short to be told from ordinary text.
 */
export function searchForSecrets(
  secrets: Readonly<Record<string, string>>,
  places: Readonly<Record<string, unknown>>,
): readonly FoundSecret[] {
  const needles = Object.entries(secrets).flatMap(([secret, value]) => needlesOf(secret, value))
  const found = new Map<string, FoundSecret>()
  const seen = new Set<object>()
  const look = (text: string, place: string): void => {
    for (const { secret, spelling, text: needle } of needles) {
      if (text.includes(needle)) found.set(`${secret} ${place}`, found.get(`${secret} ${place}`) ?? { secret, place, spelling })
    }
  }
  for (const [name, value] of Object.entries(places)) visit(value, name, 0, { look, seen })
  return [...found.values()]
}

function needlesOf(secret: string, value: string): readonly Needle[] {
  if (value.length < 8)
    throw new RangeError(`The planted value of ${secret} is too short to be told from ordinary text: use eight characters or more`)
  const bytes = Buffer.from(value)
  const spellings: readonly (readonly [FoundSecret['spelling'], string])[] = [
    ['plain', value],
    ['plain', JSON.stringify(value).slice(1, -1)],
    ...[0, 1, 2].map((shift) => ['base64', base64Inside(bytes, shift)] as const),
    ['hex', bytes.toString('hex')],
    ['percent', encodeURIComponent(value)],
  ]
  return spellings.map(([spelling, text]) => ({ secret, spelling, text }))
}

/** The part of the base64 text that does not depend on what stands before and after, for each of the three positions. */
function base64Inside(bytes: Buffer, shift: number): string {
  const whole = Buffer.concat([Buffer.alloc(shift), bytes])
    .toString('base64')
    .replace(/=+$/, '')
  return whole.slice(shift === 0 ? 0 : shift + 1, whole.length - 1)
}

interface Walk {
  readonly look: (text: string, place: string) => void
  readonly seen: Set<object>
}

function visit(value: unknown, place: string, depth: number, walk: Walk): void {
  if (typeof value === 'string') return walk.look(value, place)
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return
  if (walk.seen.has(value) || depth > deepest) return
  walk.seen.add(value)
  if (value instanceof Uint8Array) return walk.look(Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1'), place)
  if (value instanceof Map || value instanceof Set) {
    ;[...value].forEach((member, index) => visit(member, `${place}(${index})`, depth + 1, walk))
  }
  if (!isPlain(value)) walk.look(inspect(value, { depth: 1 }), place)
  for (const key of Reflect.ownKeys(value)) {
    const name = Array.isArray(value) ? `[${String(key)}]` : `.${String(key)}`
    if (typeof key === 'string') walk.look(key, `${place}${name}`)
    visit(readSafely(value, key), `${place}${name}`, depth + 1, walk)
  }
}

/** Others may keep their state where no property shows it, as a URL does. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === Array.prototype || prototype === null
}

/** A getter that throws shows nothing. */
function readSafely(value: object, key: PropertyKey): unknown {
  try {
    return Reflect.get(value, key) as unknown
  } catch {
    return undefined
  }
}
