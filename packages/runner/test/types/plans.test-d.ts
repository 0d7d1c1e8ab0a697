import { type AutomaticRisk, type Plan, type PlanNode, sequence } from '@backstep/core'
import { describe, expectTypeOf, it } from 'vitest'
import { drainNode } from '../plans/adapters/k8s.ts'
import { data, full } from '../plans/alojamientos.ts'
import { deleteOldServer, oneService, wholeOutage } from '../plans/ecommerce-aks.ts'
import ecommerceJenkins from '../plans/ecommerce-jenkins.ts'
import { automaticUndo, blueGreen } from '../plans/porttrack.ts'

describe('the plans of the five runbooks carry what they risk', () => {
  it('without a word of their authors', () => {
    expectTypeOf(ecommerceJenkins.build).returns.toEqualTypeOf<Plan<'none' | 'reversible'>>()
    expectTypeOf(oneService).toEqualTypeOf<Plan<'none' | 'reversible'>>()
    expectTypeOf(wholeOutage).toEqualTypeOf<Plan<'none' | 'reversible' | 'data-loss' | 'point-of-no-return'>>()
    expectTypeOf(deleteOldServer).toEqualTypeOf<Plan<'none' | 'point-of-no-return'>>()
    expectTypeOf(full.build).returns.toEqualTypeOf<Plan<'none' | 'reversible' | 'data-loss'>>()
    expectTypeOf(data).toEqualTypeOf<Plan<'none' | 'reversible' | 'data-loss'>>()
    expectTypeOf(blueGreen).toEqualTypeOf<Plan<'none' | 'reversible'>>()
    expectTypeOf(automaticUndo.run).toEqualTypeOf<Plan<AutomaticRisk>>()
  })
  it('and an option can decide it', () => {
    const node = { cluster: 'prod', node: 'node-3' }
    expectTypeOf(sequence(drainNode({ ...node, emptyDir: 'refuse' }))).toEqualTypeOf<PlanNode<'reversible'>>()
    expectTypeOf(sequence(drainNode({ ...node, emptyDir: 'delete' }))).toEqualTypeOf<PlanNode<'data-loss'>>()
  })
})
