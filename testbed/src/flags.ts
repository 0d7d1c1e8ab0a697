/** Command line flags as most Go programs take them: `{ 'log-level': 'warn' }` is `--log-level=warn`. */
export function flags(values: Readonly<Record<string, string | number | boolean>>): readonly string[] {
  return Object.entries(values).map(([name, value]) => `--${name}=${value}`)
}
