/** `quickstart.undo-migration@schema` is `undo-migration` for people who see one package only. */
export function shortName(id: string): string {
  const name = id.replace(/^(require|observe) /, '$1 ').replaceAll('quickstart.', '')
  return name
    .replace(/^([\w-]+)@[\w-]+ release$/, 'leave $1')
    .replace('leave enter-', 'leave ')
    .replaceAll(/@[\w-]+/g, '')
}
