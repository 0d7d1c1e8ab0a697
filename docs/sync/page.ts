/** A code block of a page that says where its text comes from: `ts file=code/first-plan.ts#build`. */
export interface Embed {
  readonly language: string
  readonly from: 'file' | 'output' | 'compiler'
  /** Relative to the page. */
  readonly path: string
  /** Part of the source or of the output; empty for all of it. */
  readonly part: string
  readonly text: string
  /** Line of the opening fence, from 1. */
  readonly line: number
}

const fence = /^(```+)([a-z]*)(?: (.*))?\n([\s\S]*?)^\1$/gm
const source = /^(file|output|compiler)=([^\s#]+)(?:#(\S+))?$/

/** Every code block of a page, in order. `embed` is missing where the text stands for itself. */
export function blocksIn(page: string): readonly { readonly language: string; readonly line: number; readonly embed: Embed | undefined }[] {
  return [...page.matchAll(fence)].map(({ 2: language = '', 3: info = '', 4: text = '', index }) => {
    const line = page.slice(0, index).split('\n').length
    const [, from, path, part = ''] = source.exec(info) ?? []
    const embed = path === undefined ? undefined : { language, from: from as Embed['from'], path, part, text, line }
    return { language, line, embed }
  })
}

/** The page with the text of every embed replaced. */
export function withEmbeds(page: string, textOf: (embed: Embed) => string): string {
  return page.replace(fence, (block, ticks: string, language: string, info: string | undefined, text: string, index: number) => {
    const [, from, path, part = ''] = source.exec(info ?? '') ?? []
    if (path === undefined) return block
    const line = page.slice(0, index).split('\n').length
    return `${ticks}${language} ${info}\n${textOf({ language, from: from as Embed['from'], path, part, text, line })}${ticks}`
  })
}
