const minor = 36

export const kubernetesVersion = `1.${minor}.3`

const versionPackage = 'k8s.io/component-base/version'

/** What a release build writes into its programs; without it they call themselves v0.0.0 and clients refuse the version skew. */
export const kubernetesVariables: Readonly<Record<string, string>> = {
  [`${versionPackage}.gitVersion`]: `v${kubernetesVersion}`,
  [`${versionPackage}.gitMajor`]: '1',
  [`${versionPackage}.gitMinor`]: String(minor),
}
