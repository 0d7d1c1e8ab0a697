/**
 * What the API server fills in for fields that a manifest leaves out. Where an earlier manifest wrote the default itself, its value stays
 * after the field was taken away, and nothing is left of that manifest.
 */
const defaults: Readonly<Record<string, readonly (string | number | boolean)[]>> = {
  backoffLimit: [6],
  completions: [1],
  concurrencyPolicy: ['Allow'],
  defaultMode: [420],
  dnsPolicy: ['ClusterFirst'],
  externalTrafficPolicy: ['Cluster'],
  failedJobsHistoryLimit: [1],
  failureThreshold: [3],
  imagePullPolicy: ['Always', 'IfNotPresent'],
  internalTrafficPolicy: ['Cluster'],
  ipFamilyPolicy: ['SingleStack'],
  maxSurge: ['25%', 0],
  maxUnavailable: ['25%', 1],
  minReadySeconds: [0],
  parallelism: [1],
  partition: [0],
  periodSeconds: [10],
  podManagementPolicy: ['OrderedReady'],
  progressDeadlineSeconds: [600],
  protocol: ['TCP'],
  replicas: [1],
  restartPolicy: ['Always'],
  revisionHistoryLimit: [10],
  schedulerName: ['default-scheduler'],
  scheme: ['HTTP'],
  serviceAccount: ['default'],
  serviceAccountName: ['default'],
  sessionAffinity: ['None'],
  successThreshold: [1],
  successfulJobsHistoryLimit: [3],
  suspend: [false],
  terminationGracePeriodSeconds: [30],
  terminationMessagePath: ['/dev/termination-log'],
  terminationMessagePolicy: ['File'],
  timeoutSeconds: [1],
  type: ['ClusterIP', 'RollingUpdate', 'Opaque', ''],
  volumeMode: ['Filesystem'],
}

/** Given out by the server once and kept for good: taking them out of a manifest does not give them back. */
const allocated: ReadonlySet<string> = new Set(['clusterIP', 'clusterIPs', 'nodePort', 'healthCheckNodePort', 'volumeName', 'targetPort'])

/** True when a live value says nothing about who wrote it. */
export function mayBeDefault(field: string, value: unknown): boolean {
  return allocated.has(field) || (Object.hasOwn(defaults, field) && (defaults[field] ?? []).includes(value as string))
}
