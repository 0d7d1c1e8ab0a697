import { visibleJson } from './plain-text.ts'
import type { PreviewDocument } from './preview-schema.ts'
import { totalsOf } from './preview-totals.ts'
import type { Preview } from './preview.ts'

/**
 * A preview as JSON, with its totals, by the schema `schemas/preview.schema.json`.
 *
 * Only what belongs to a preview is written: preparations, which can hold snapshots, are left out of a `PreparedPreview`. Characters that a
 * terminal would obey are written as `\uXXXX`.
 */
export function renderPreviewJson(preview: Preview): string {
  const { format, plan, at, steps, requires, findings, hash } = preview
  const document: PreviewDocument = { format, at, hash, totals: totalsOf(preview), plan, steps, requires, findings }
  return `${visibleJson(document)}\n`
}
