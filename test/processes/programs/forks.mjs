// A process that forks others without any cluster.
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { answer, asking } from './stagehand.mjs'

let ask

answer({
  startChild() {
    const child = fork(fileURLToPath(import.meta.url))
    ask = asking(
      (message) => child.send(message),
      (hear) => child.on('message', hear),
    )
    return ask('facts')
  },
  askChild: (verb, ...args) => ask(verb, ...args),
})
