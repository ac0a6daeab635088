// A process that forwards its application's exposition to Redis.
import { startRedisForwarder } from 'promhive/redis-forwarder'
import { answer, block } from '../../../processes/programs/stagehand.mjs'

let forwarder

answer({
  start: (options) => {
    forwarder = startRedisForwarder(options)
    return forwarder.running
  },
  forward: () => forwarder.forward(),
  last: () => forwarder.last,
  stop: () => forwarder.stop(),
  block,
})
