interface Mistake {
  readonly code: string
  /** A part of what the compiler has to say about it. */
  readonly says: string
}

/** What people write by mistake, and the words that have to be in the answer of the compiler. */
export const mistakes: Readonly<Record<string, Mistake>> = {
  'a machine may not start what loses data': {
    code: `backstep.automatic({ name: 'x', target: 'x', any: [{ check, for: '5m' }], knownGood: check, cooldown: '1h', maxPerDay: 1,
      run: backstep.plan({ name: 'x', steps: backstep.sequence(safe, lossy) }) })`,
    says: `Type '"data-loss"' is not assignable to type 'AutomaticRisk'`,
  },
  'nothing runs beside a point of no return': {
    code: 'backstep.together(safe, cut)',
    says: `Type '"point-of-no-return"' is not assignable to type 'ParallelRisk'`,
  },
  'an annotation hides no risk': {
    code: `backstep.sequence(safe, lossy) satisfies backstep.PlanNode<'reversible'>`,
    says: `Type '"data-loss"' is not assignable to type '"reversible"'`,
  },
  'always changes nothing': {
    code: `backstep.plan({ name: 'x', steps: safe, always: [safe] })`,
    says: `Type '"reversible"' is not assignable to type '"none"'`,
  },
  'a reversible step needs compensate': {
    code: 'backstep.defineStep({ ...parts, traits, prepare })',
    says: `Property 'compensate' is missing in type`,
  },
  'a step without risk has nothing to compensate': {
    code: `backstep.defineStep({ ...parts, traits: { ...traits, risk: 'none' }, prepare, compensate })`,
    says: `"a step with risk none has nothing to compensate"`,
  },
  'a point of no return cannot be compensated': {
    code: `backstep.defineStep({ ...parts, traits: { ...traits, risk: 'point-of-no-return' }, prepare, compensate })`,
    says: `"a point of no return cannot be compensated"`,
  },
  'a preparation stays within the traits': {
    code: `backstep.defineStep({ ...parts, traits, compensate, prepare: async () => ({ ...(await prepare()), risk: ['data-loss'] }) })`,
    says: `'"data-loss"' is not assignable to type '"reversible"'`,
  },
  'a receipt holds no Date': {
    code: 'backstep.defineStep({ ...parts, traits, prepare, compensate, receipt: z.object({ at: z.date() }) })',
    says: `Type 'Date' is not assignable to type`,
  },
  'an option that takes no output': {
    code: 'move({ host: lossy.output.host })',
    says: `Type 'Output<string, "execute">' is not assignable to type 'string'`,
  },
  'an option that is misspelt': {
    code: `move({ host: 'h', cuont: 1 })`,
    says: `'cuont' does not exist in type 'Options<`,
  },
  'an output that is misspelt': {
    code: 'lossy.output.hots',
    says: `Property 'hots' does not exist on type 'Outputs<`,
  },
  'an output is no text': {
    code: 'lossy.output.host.length',
    says: `Property 'length' does not exist on type 'Output<string, "execute">'`,
  },
  'a list that is known too late': {
    code: 'backstep.forEach(lossy.output.names, () => safe)',
    says: `Type '"execute"' is not assignable to type '"prepare"'`,
  },
  'a branch that is missing': {
    code: 'backstep.route(lossy.output.state, { a: safe })',
    says: `Property 'b' is missing in type`,
  },
  'a route over any text': {
    code: 'backstep.route(lossy.output.host, { a: safe })',
    says: `'"route needs an output with a closed set of values, such as z.enum([...])"'`,
  },
  'a value that never comes': {
    code: `backstep.is(lossy.output.state, 'c')`,
    says: `Argument of type '"c"' is not assignable to parameter of type '"a" | "b"'`,
  },
  'a duration without a unit': {
    code: `move({ host: 'h' }, { timeout: '15' })`,
    says: `Type '"15"' is not assignable to type`,
  },
  'a secret as text': {
    code: `'hunter2' satisfies backstep.Secret`,
    says: `Type 'string' does not satisfy the expected type 'Secret'`,
  },
  'a contact that is missing': {
    code: `({ read: 'read' }) satisfies backstep.ContactTable<typeof port>`,
    says: `Property 'write' is missing in type`,
  },
  'a contact that returns no promise': {
    code: `({ now: 'read' }) satisfies backstep.ContactTable<{ now(): number }>`,
    says: `'"every method of a port returns a promise"'`,
  },
  'an observation without an end': {
    code: 'backstep.observe({ checks: [check] })',
    says: `Property 'deadline' is missing in type`,
  },
}
