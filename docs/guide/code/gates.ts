import { gate, is, plan, sequence, when } from '@backstep/core'
import { approve } from '@backstep/runner'
import { memoryRunner } from '@backstep/testing'
import { openShop } from './scene.ts'
import { restoreJson } from './steps/restore-json.ts'
import { showRun } from './show.ts'

const { shop } = openShop()
const flags = restoreJson({ file: `${shop}/flags.json`, to: { newCheckout: false } })
const release = restoreJson({ file: `${shop}/release.json`, to: { version: 'v1' } })

// #region gates
const approval = gate.approval({ name: 'go back', roles: ['on-call', 'product owner'], quorum: 'all', expires: '1h' })
const howFar = gate.decision({
  name: 'how far',
  role: 'on-call',
  options: ['flags only', 'flags and release'],
  timeBox: '10m',
  onTimeout: 'escalate',
})
const till = gate.manualCheck({
  name: 'till',
  role: 'support',
  checklist: ['A test order goes through', 'The receipt is printed'],
  timeout: '30m',
})

const steps = sequence(approval, howFar, flags, when(is(howFar.output.answer, 'flags and release'), release), till)
// #endregion

// #region answers
const asked = plan({ name: 'ask people', onFailure: 'compensate', steps })
const runner = memoryRunner()
const preview = await runner.preview(asked)
const at = Date.parse(preview.at)
const ana = { id: 'ana', roles: ['on-call', 'support'] }
const ben = { id: 'ben', roles: ['product owner'] }

const view = await runner.run(asked, {
  approved: preview,
  approvals: [approve(preview, { actor: ana, at }), approve(preview, { actor: ben, at })],
  onGate: async ({ id, hash }) => {
    console.log(`asked: ${id}`)
    return { ask: 'gate', id, hash, answer: id === 'gate till' ? 'confirmed' : 'flags only', actor: ana }
  },
})
showRun(view)
// #endregion
