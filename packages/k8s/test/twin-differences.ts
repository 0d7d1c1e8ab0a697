import { hashOf, type JsonObject } from '@backstep/core'
import type { KubernetesObject } from '@backstep/kubernetes'
import type { Revision } from '../src/revisions.ts'
import { objectAt, templateOf } from '../src/workload.ts'

export interface State {
  readonly live: KubernetesObject
  readonly history: readonly Revision[]
}

/** Twins at one moment: the one that we undo, and the one that `kubectl` does. */
export interface Both {
  readonly ours: State
  readonly theirs: State
}

/** What must not be: another spec, or a change of what is not ours. `seen` is told of each difference that is meant. */
export function differences(before: Both, after: Both, seen: (difference: string) => void): readonly string[] {
  const [mine, kubectls] = [comparable(after.ours.live), comparable(after.theirs.live)]
  const changes = (which: 'ours' | 'theirs'): boolean =>
    hashOf(annotationsOf(before[which].live)) !== hashOf(annotationsOf(after[which].live))
  if (changes('theirs')) seen('annotations of the workload')
  if (numbersIn(after.ours) !== numbersIn(after.theirs)) seen('numbers of revisions')
  if (marksOn(after.ours.live) !== marksOn(before.ours.live)) seen('the mark of a write')
  return [
    ...(hashOf(mine) === hashOf(kubectls) ? [] : [`specs: ${JSON.stringify(mine)} and ${JSON.stringify(kubectls)}`]),
    ...(changes('ours') ? ['we changed annotations of the workload'] : []),
  ]
}

/** The spec, with its template, without the name of the twin. `paused: false` says what leaving it out says. */
function comparable(live: KubernetesObject): JsonObject {
  const { paused, selector: _, serviceName: __, ...spec } = objectAt(live, ['spec'])
  return { ...spec, template: anonymous(templateOf(live)), ...(paused === true ? { paused } : {}) }
}

/** A template without the name of its twin. */
export function anonymous(template: JsonObject): JsonObject {
  const metadata = objectAt(template, ['metadata'])
  return { ...template, metadata: { ...metadata, labels: { ...objectAt(metadata, ['labels']), app: 'twin' } } }
}

/** Those that people and tools wrote: without our marks and without what the server counts. */
function annotationsOf({ metadata: { annotations = {} } }: KubernetesObject): JsonObject {
  const {
    'backstep.dev/writes': _,
    'deployment.kubernetes.io/revision': __,
    'deprecated.daemonset.template.generation': ___,
    ...rest
  } = annotations
  return rest
}

function marksOn({ metadata: { annotations = {} } }: KubernetesObject): string {
  return annotations['backstep.dev/writes'] ?? ''
}

function numbersIn({ history }: State): string {
  return history.map(({ number }) => number).join(' ')
}
