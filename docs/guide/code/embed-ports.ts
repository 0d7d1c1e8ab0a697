import { readFile } from 'node:fs/promises'
import { notice, plan } from '@backstep/core'
import { createRunner, filePorts, type RunnerPorts, type RunStore, type RunWriter } from '@backstep/runner'
import { openShop } from './scene.ts'
import { showRun } from './show.ts'
import { restoreJson } from './steps/restore-json.ts'

const { shop, runs: directory } = openShop()

// #region secrets
/** Secrets as files, as containers get them mounted. Asked at each use, never kept. */
const secrets: RunnerPorts['secrets'] = async (name) => {
  const text = await readFile(`/run/secrets/${name}`, 'utf8').catch(() => undefined)
  return text?.trimEnd()
}
// #endregion

// #region deliver
/** Sends one message. A throw is tried again, beside the run. `key` is the same each time: let the receiver drop what it has. */
const deliver: RunnerPorts['deliver'] = async ({ key, kind, options }) => {
  console.log(`message ${key}: ${kind} ${JSON.stringify(options)}`)
}
// #endregion

// #region store
/** A store that also tells of every record that is durable: for an audit log, or a copy elsewhere. */
function audited(store: RunStore, tell: (text: string) => void): RunStore {
  const wrap = (writer: RunWriter): RunWriter => ({
    ...writer,
    get head() {
      return writer.head
    },
    async append(records, options) {
      await writer.append(records, options)
      for (const { type } of records) tell(`durable ${type}`)
    },
  })
  return {
    ...store,
    create: async (runId, sealed) => wrap(await store.create(runId, sealed)),
    open: async (runId) => wrap(await store.open(runId)),
  }
}
// #endregion

// #region runner
const ports = filePorts({ directory, secrets, deliver, actor: { id: 'portal' } })
const runner = createRunner({ ...ports, store: audited(ports.store, (text) => console.log(text)) })
// #endregion

const steps = restoreJson({ file: `${shop}/flags.json`, to: { newCheckout: false } })
const flags = plan({ name: 'flags', steps, always: [notice('notify.chat', { channel: '#shop', text: 'The flags are back.' })] })
const view = await runner.run(flags, { approved: await runner.preview(flags), runId: 'guide-1' })
showRun(view)
