/**
 * What the API server writes down: every request of everybody who is not part of the cluster itself, before it is answered. Controllers use
 * service accounts of kube-system.
 */
export const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: None
  users: [system:kube-controller-manager, system:kube-scheduler, system:apiserver, testbed-kwok]
- level: None
  userGroups: [system:serviceaccounts:kube-system, system:nodes]
- level: None
  nonResourceURLs: [/readyz*, /livez*, /healthz*]
- level: Metadata
`
