/** A person who may stand for one of several roles. */
export interface Candidate {
  readonly id: string
  readonly roles: readonly string[]
}

/** Who stands for which role, and which roles nobody stands for. */
export interface RoleAssignment {
  readonly taken: readonly { readonly role: string; readonly id: string }[]
  readonly missing: readonly MissingRole[]
}

/** A role that nobody stands for. */
export interface MissingRole {
  readonly role: string
  /** One more person with one of these would do as well: whoever stands there now can change over. */
  readonly orRoles: readonly string[]
}

/**
 * Gives as many roles as possible to different people: a person with two roles stands for one of them only, and a role that is listed
 * twice needs two people. This is a maximum matching between roles and people, found with augmenting paths (Kuhn's algorithm for the
 * assignment problem), so it never reports a role as missing while some other distribution of the same people would cover it.
 */
export function assignRoles(roles: readonly string[], candidates: readonly Candidate[]): RoleAssignment {
  const seats = new Map<string, number>()
  const able = roles.map((role) => candidates.filter((candidate) => candidate.roles.includes(role)).map(({ id }) => id))
  for (const seat of roles.keys()) sit(seat, able, seats, new Set())
  const personAt = new Map([...seats].map(([id, seat]) => [seat, id]))
  return {
    taken: roles.flatMap((role, seat) => {
      const id = personAt.get(seat)
      return id === undefined ? [] : [{ role, id }]
    }),
    missing: roles.flatMap((role, seat) => (personAt.has(seat) ? [] : [{ role, orRoles: exchangeable(seat, roles, able, seats) }])),
  }
}

function sit(seat: number, able: readonly (readonly string[])[], seats: Map<string, number>, tried: Set<string>): boolean {
  for (const id of able[seat] ?? []) {
    if (tried.has(id)) continue
    tried.add(id)
    const present = seats.get(id)
    if (present !== undefined && !sit(present, able, seats, tried)) continue
    seats.set(id, seat)
    return true
  }
  return false
}

function exchangeable(
  missing: number,
  roles: readonly string[],
  able: readonly (readonly string[])[],
  seats: ReadonlyMap<string, number>,
): readonly string[] {
  const reached = new Set([missing])
  for (const seat of reached) {
    for (const id of able[seat] ?? []) {
      const present = seats.get(id)
      if (present !== undefined) reached.add(present)
    }
  }
  const names = new Set([...reached].map((seat) => roles[seat] ?? ''))
  names.delete(roles[missing] ?? '')
  return [...names]
}
