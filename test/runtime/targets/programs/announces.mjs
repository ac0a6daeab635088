// A process that announces its metrics port, or itself, in etcd.
import { announceTarget } from 'promhive/etcd'
import { startWorkerTarget } from 'promhive/targets'
import { answer } from '../../../processes/programs/stagehand.mjs'

let target

answer({
  announce: (options) => {
    target = announceTarget(options)
  },
  announced: () => ({ addresses: target.addresses, announced: target.announced }),
  stop: () => target.stop(),
  startWorkerTarget: async (options) => (await startWorkerTarget(options)).address,
  /** Nothing keeps it running any more. */
  letGo: () => {
    setImmediate(() => {
      process.removeAllListeners('disconnect')
      process.disconnect()
    })
  },
})
