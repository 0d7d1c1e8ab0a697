import { Listr } from 'listr2'

/** The same number of tasks that do nothing, in listr2: a runner of task lists that keeps nothing on disk. */
export async function listr2(shape: 'sequence' | 'together', count: number): Promise<void> {
  const tasks = Array.from({ length: count }, (_, index) => ({ title: `n${index}`, task: async (): Promise<void> => undefined }))
  await new Listr(tasks, { concurrent: shape === 'together', renderer: 'silent' }).run()
}
