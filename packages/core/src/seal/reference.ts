import type { Json } from '../contract/json.ts'
import { isOutput, type OutputReference } from '../contract/output.ts'
import { isSecret } from '../contract/secret.ts'

/** Where options point to and what cannot be sealed. */
export interface Referred {
  readonly json: Json
  /** `<id>.<field>` of every output used. */
  readonly inputs: readonly string[]
  /** Producers that are no part of this plan, and values that are no plain data. */
  readonly problems: readonly string[]
}

const maxDepth = 100
const notSealed = 'so it cannot be sealed into a plan'

/** Options as plain JSON: outputs become `{output}`, secrets `{secret}`. `stranger` names the owner of an output that has no id. */
export function referTo(
  options: unknown,
  idOf: (source: object) => string | undefined,
  stranger = 'a step that is not in this plan',
): Referred {
  const conversion = new Conversion(idOf, stranger)
  const json = conversion.convert(options, '') ?? null
  return { json, inputs: conversion.inputs, problems: conversion.problems }
}

class Conversion {
  readonly inputs: string[] = []
  readonly problems: string[] = []
  readonly #above: unknown[] = []
  readonly #idOf: (source: object) => string | undefined
  readonly #stranger: string

  constructor(idOf: (source: object) => string | undefined, stranger: string) {
    this.#idOf = idOf
    this.#stranger = stranger
  }

  convert(value: unknown, path: string): Json | undefined {
    if (isOutput(value)) return this.#output(value, path)
    if (isSecret(value)) return { secret: value.name }
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
    if (typeof value === 'number' && Number.isFinite(value)) return value
    if (Array.isArray(value) || isPlain(value)) return this.#within(value, path)
    return this.#refuse(path, `${describe(value)} is no plain data, ${notSealed}`)
  }

  #output({ source, key }: OutputReference, path: string): Json {
    const id = this.#idOf(source)
    if (id === undefined) this.#refuse(path, `uses the output "${key}" of ${this.#stranger}`)
    this.inputs.push(`${id}.${key}`)
    return { output: `${id}.${key}` }
  }

  #within(value: object, path: string): Json | undefined {
    if (this.#above.includes(value)) return this.#refuse(path, `holds itself, ${notSealed}`)
    if (this.#above.length >= maxDepth) return this.#refuse(path, `is nested more than ${maxDepth} levels deep, ${notSealed}`)
    this.#above.push(value)
    const converted = Array.isArray(value)
      ? Array.from(value, (inner: unknown, index) => this.convert(inner, `${path}[${index}]`) ?? null)
      : this.#fields(value, path)
    this.#above.pop()
    return converted
  }

  #fields(value: object, path: string): Json | undefined {
    const given = Object.entries(value).filter(([, inner]) => inner !== undefined)
    if (path !== '' && looksLikeOutput(given))
      return this.#refuse(path, `an object with nothing but "output" stands for an output, ${notSealed}`)
    const converted = given.map(([key, inner]) => [key, this.convert(inner, path === '' ? key : `${path}.${key}`)] as const)
    return Object.fromEntries(converted.filter(([, inner]) => inner !== undefined))
  }

  #refuse(path: string, why: string): undefined {
    const shown = path === '' ? 'options' : path.length > 80 ? `${path.slice(0, 80)}…` : path
    this.problems.push(`${shown}: ${why}`)
  }
}

/** In the sealed plan nobody could tell it from the output of a step. */
export function looksLikeOutput(entries: readonly (readonly [string, unknown])[]): boolean {
  return entries.length === 1 && entries[0]?.[0] === 'output' && typeof entries[0][1] === 'string'
}

/** Every output in options, in order; each list and object is looked into once, also when it holds itself. */
export function forEachOutput(options: unknown, visit: (reference: OutputReference) => void): void {
  const seen = new Set<unknown>()
  const open: unknown[] = [options]
  while (open.length > 0) {
    const value = open.pop()
    if (isOutput(value)) visit(value)
    else if ((Array.isArray(value) || isPlain(value)) && !seen.has(value)) {
      seen.add(value)
      for (const inner of Object.values(value).toReversed()) open.push(inner)
    }
  }
}

/** Also for an object of another realm, whose `Object` is not ours. */
function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null
}

function describe(value: unknown): string {
  if (typeof value === 'number' || value === undefined) return String(value)
  if (typeof value !== 'object' || value === null) return `a ${typeof value}`
  return `an object of class ${value.constructor?.name ?? 'unknown'}`
}
