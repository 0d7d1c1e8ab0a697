import { runTool } from '../src/index.ts'

/** A process that starts a tool and is then killed by the test: `node left-behind.child.ts <folder> finish|stop <script>`. */
const [folder = '', whenWeDie = 'finish', script = ''] = process.argv.slice(2)

await runTool({
  folder,
  name: 'left-behind',
  command: '/bin/sh',
  args: ['-c', script],
  environment: { PATH: '/usr/bin:/bin' },
  abortSignal: new AbortController().signal,
  whenWeDie: whenWeDie === 'stop' ? 'stop' : 'finish',
  killAfterMs: 1000,
})
