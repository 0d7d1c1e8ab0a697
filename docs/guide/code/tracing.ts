import { fileRunner, type FileRunnerOptions } from '@backstep/runner'
import { plan } from '@backstep/core'
import { openShop } from './scene.ts'
import { restoreJson } from './steps/restore-json.ts'

const { shop, runs: directory } = openShop()
const flags = plan({ name: 'flags', steps: restoreJson({ file: `${shop}/flags.json`, to: { newCheckout: false } }) })

// #region tracer
type Tracer = NonNullable<FileRunnerOptions['tracer']>
type Span = ReturnType<Tracer['startSpan']>

/** A tracer that prints where a real one sends. */
const tracer = {
  startSpan(name: string) {
    const span = {
      spanContext: () => ({ traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 }),
      isRecording: () => true,
      setStatus: () => span,
      end: () => console.log(`span  ${name}`),
    }
    return span as unknown as Span
  },
} as unknown as Tracer

const runner = fileRunner({ directory, tracer })
await runner.run(flags, { approved: await runner.preview(flags) })
// #endregion
