import type { AnyNode, Group } from '../plan/group.ts'
import type { Place } from './layout.ts'

/** Whether the producer of an output has certainly run when the consumer starts; if not, why. */
export function whyNotYet(producer: AnyNode, consumer: AnyNode, places: ReadonlyMap<object, Place>): string | undefined {
  const above = new Map<Group, number>()
  for (let at = places.get(consumer); at?.parent !== undefined; at = places.get(at.parent)) above.set(at.parent, at.index)
  const consumerPlace = places.get(consumer)
  const producerPlace = places.get(producer)
  if (consumerPlace?.isAlways === true || producerPlace?.isAlways === true) return 'always runs at any end, also when that step never ran'
  for (let at = producerPlace; at?.parent !== undefined; at = places.get(at.parent)) {
    const group = at.parent
    const consumerIndex = above.get(group)
    if (consumerIndex === undefined) {
      const reason = conditional(group)
      if (reason !== undefined) return reason
    } else return meeting(group, at.index, consumerIndex)
  }
  return 'it is not before it in the plan'
}

function conditional(group: Group): string | undefined {
  if (group.group === 'choose') return 'it stands in a branch that may not be taken'
  if (group.group === 'fallback') return 'it stands in an alternative that may not be taken'
  return group.onFailure === 'go-on' ? 'it stands in an optional part that may be put back' : undefined
}

function meeting(group: Group, producerIndex: number, consumerIndex: number): string | undefined {
  if (group.group === 'together' || group.group === 'for-each') return 'it runs beside it'
  if (group.group === 'fallback' || group.group === 'choose') return 'it stands in another branch'
  return producerIndex < consumerIndex ? undefined : 'it runs after it'
}
