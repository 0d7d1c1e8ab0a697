import * as z from 'zod'
import { image, images, instant, name, names } from './options.ts'
import { stubQuery } from './stub-reads.ts'
import { stubStep } from './stub-step.ts'

/** What to go back to: a tag, its commit and the digests of its images, never a name that can be moved. */
export const resolve = stubQuery({
  kind: 'release.resolve',
  options: z.strictObject({
    name,
    repository: name,
    strategy: z.union([z.strictObject({ exact: name }), z.strictObject({ deployedBefore: instant })]),
    agree: names.optional(),
  }),
  result: z.object({ tag: z.string(), commit: z.string(), images: z.array(image), api: image }),
  target: (o) => o.name,
  answers: {
    tag: 'v1.4.2',
    commit: 'c0ffee0c0ffee0c0ffee0c0ffee0c0ffee0c0ffe',
    images: ['shop/api@sha256:41aa', 'shop/web@sha256:41bb'],
    api: 'shop/api@sha256:41aa',
  },
})
export const preserveEvidence = stubStep({
  kind: 'release.preserve-evidence',
  options: z.strictObject({ name, images, logs: names }),
  receipt: z.object({ location: z.string() }),
  risk: 'none',
  late: ['images'],
  target: (o) => o.name,
  gives: { location: 's3/evidence/PROD-2026-11-23-001' },
})
