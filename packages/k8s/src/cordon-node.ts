import type { StepFactory, Verdict } from '@backstep/core'
import { type ClusterOptions, clusterOptions, type KubernetesClient, objectName, type ObjectRef, resourceName } from '@backstep/kubernetes'
import * as z from 'zod'
import { defineWritesStep, type WritesReceipt, type WritesStepDefinition } from './define-writes-step.ts'
import { missing } from './errors.ts'
import { writeOf } from './field-writes.ts'
import { permissions } from './permissions.ts'

export interface CordonNodeOptions extends ClusterOptions {
  readonly node: string
}

const options = z.strictObject({ ...clusterOptions, node: objectName })

/** Keeps new pods away from a node. Those that are on it stay. Going back lets pods on it again, unless it was cordoned before. */
export const cordonNode: StepFactory<CordonNodeOptions, WritesReceipt, 'reversible', KubernetesClient> = defineWritesStep(
  cordoning('k8s.cordon-node', 'Keep new pods away from', true),
)

/** Lets pods on a node again. Going back cordons it, if it was. */
export const uncordonNode: StepFactory<CordonNodeOptions, WritesReceipt, 'reversible', KubernetesClient> = defineWritesStep(
  cordoning('k8s.uncordon-node', 'Let pods on', undefined),
)

function cordoning(
  kind: 'k8s.cordon-node' | 'k8s.uncordon-node',
  verb: string,
  value: true | undefined,
): WritesStepDefinition<CordonNodeOptions, z.output<typeof options>> {
  return {
    kind,
    options,
    target: ({ context, node }) => ({ system: context, name: `Node/${node}` }),
    needs: () => ({ needs: permissions.cordonNode(), namespace: undefined }),
    async plan({ options: { node }, client }, context) {
      const ref: ObjectRef = { apiVersion: 'v1', kind: 'Node', name: node }
      const live = await client.get(ref, context)
      if (live === undefined) throw missing(ref)
      const write = writeOf(live, resourceName(live.metadata.uid, ref), ref, [{ at: ['spec', 'unschedulable'], value }])
      return { writes: [{ live, write }], summary: `${verb} node ${node}` }
    },
    verify: async ({ options: { node } }, context): Promise<Verdict> => ({
      status: 'healthy',
      evidence: [context.evidence('unschedulable', String(value === true), `Node/${node}`)],
    }),
  }
}
