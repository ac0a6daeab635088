// A process that announces its metrics port in etcd.
import { announceTarget } from 'promhive/etcd'
import { answer } from '../../../processes/programs/stagehand.mjs'

let target

answer({
  announce: (options) => {
    target = announceTarget(options)
  },
  announced: () => ({ addresses: target.addresses, announced: target.announced }),
  stop: () => target.stop(),
  /** Nothing keeps it running any more. */
  letGo: () => {
    setImmediate(() => {
      process.removeAllListeners('disconnect')
      process.disconnect()
    })
  },
})
