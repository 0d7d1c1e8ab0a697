import { fallback, gate, is, plan, sequence, when } from '@backstep/core'
import { memoryRunner } from '@backstep/testing'
import { openShop } from './scene.ts'
import { restoreJson } from './steps/restore-json.ts'
import { showRun } from './show.ts'

const { shop } = openShop()
const flags = restoreJson({ file: `${shop}/flags.json`, to: { newCheckout: false } })
const release = restoreJson({ file: `${shop}/release.json`, to: { version: 'v1' } })
void fallback

// #region gates
const approval = gate.approval({ name: 'go back', roles: ['on-call', 'product owner'], quorum: 'all', expires: '1h' })
const manualCheck = gate.manualCheck({
  name: 'till',
  role: 'support',
  checklist: ['A test order goes through', 'The receipt is printed'],
  timeout: '30m',
})
const decision = gate.decision({
  name: 'how far',
  role: 'on-call',
  options: ['flags only', 'flags and release'],
  timeBox: '10m',
  onTimeout: 'escalate',
})
// #endregion

// #region ask
const steps = sequence(approval, decision, flags, when(is(decision.output.answer, 'flags and release'), release), manualCheck)
// #endregion

const asked = plan({ name: 'ask', onFailure: 'compensate', steps })
const runner = memoryRunner()
const roles = ['on-call', 'product owner', 'support']
const view = await runner.run(asked, {
  approved: await runner.preview(asked),
  onGate: async ({ id, hash }) => {
    console.log(`asked: ${id}`)
    const answer = id === 'gate how far' ? 'flags only' : id === 'gate till' ? 'confirmed' : 'approved'
    return { ask: 'gate', id, hash, answer, actor: { id: 'ana', roles } }
  },
})
showRun(view)
