// A server on a Unix datagram socket, which adds up the counters that it receives.
import { createRequire } from 'node:module'
import { answer } from '../../../processes/programs/stagehand.mjs'

const socket = createRequire(import.meta.url)('unix-dgram').createSocket('unix_dgram')
let sum = 0

socket.on('message', (message) => {
  for (const [, value] of message.toString().matchAll(/^jobs_total[^:]*:(\d+)\|c/gm)) sum += Number(value)
})

answer({
  bind: (path) => socket.bind(path),
  sum: () => sum,
})
