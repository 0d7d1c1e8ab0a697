/** A file with its text, by a path that people can find it under. */
export interface ScriptFile {
  readonly path: string
  readonly text: string
}
