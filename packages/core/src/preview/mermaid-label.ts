import { visible } from './plain-text.ts'

const longest = 120

/**
 * Text of any origin as a quoted Mermaid label: letters, digits, spaces and a few harmless signs stay, everything else becomes a numeric
 * entity (`#34;`). Longer texts are cut, since one label can make a graph unreadable.
 */
export function mermaidLabel(text: string): string {
  const characters = Array.from(visible(text))
  const shown = characters.length > longest ? [...characters.slice(0, longest - 1), '…'] : characters
  const label = shown
    .map((character) => (/[\p{L}\p{M}\p{N} ._@,+-]/u.test(character) ? character : `#${character.codePointAt(0) ?? 0};`))
    .join('')
  return label.trim() === '' ? '-' : label
}
