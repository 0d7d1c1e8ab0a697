import type { Plan, Risk } from '@backstep/core'
import * as alojamientos from './alojamientos.ts'
import ecommerceAks, { deleteOldServer, errorRateTrigger, oneService, wholeOutage } from './ecommerce-aks.ts'
import ecommerceJenkins from './ecommerce-jenkins.ts'
import k8sUndo from './k8s-undo.ts'
import * as porttrack from './porttrack.ts'

const failed = 'shop/user-service@sha256:42bb'

/** Every plan of the five runbooks, built as somebody in an incident would build it. */
export const allPlans: Readonly<Record<string, () => Plan<Risk>>> = {
  'k8s-undo': () => k8sUndo.build({ incident: 'PROD-2026-11-23-001', failed }),
  'ecommerce-jenkins, manifests': () => ecommerceJenkins.build({ tag: 'v1.4.2' }),
  'ecommerce-jenkins, jenkins': () => ecommerceJenkins.build({ tag: 'v1.4.2', path: 'jenkins' }),
  'ecommerce-aks': () => ecommerceAks.build({ incident: 'PROD-2026-11-23-003' }),
  'ecommerce-aks, whole outage': () => wholeOutage,
  'ecommerce-aks, one service': () => oneService,
  'ecommerce-aks, delete old server': () => deleteOldServer,
  'ecommerce-aks, automatic': () => errorRateTrigger.run,
  'alojamientos, full': () => alojamientos.full.build({ tag: 'v0.9.9', incident: 'ALO-2026-11-23-001' }),
  'alojamientos, partial': () => alojamientos.partial.build({ tag: 'v0.9.9' }),
  'alojamientos, configuration': () => alojamientos.configuration,
  'alojamientos, data': () => alojamientos.data,
  'porttrack, automatic undo': () => porttrack.automaticUndo.run,
  'porttrack, manual undo': () => porttrack.manualUndo,
  'porttrack, blue-green': () => porttrack.blueGreen,
  'porttrack, database': () => porttrack.databaseRecovery,
  'porttrack, cluster': () => porttrack.clusterRecovery,
  'porttrack, monitoring': () => porttrack.monitoringRecovery,
  'porttrack, node': () => porttrack.nodeRecovery,
}
