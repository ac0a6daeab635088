// Loses access to the directory of metrics, as can happen to applications in use.
import { closeSync, openSync } from 'node:fs'
import { answer } from './stagehand.mjs'

const open = []

answer({
  setuid: (uid) => {
    process.setgroups([])
    process.setgid(uid)
    process.setuid(uid)
  },
  /** Opens files until the system has no more descriptors, and closes this number of them. */
  exhaust(left = 0) {
    try {
      for (;;) open.push(openSync('/dev/null', 'r'))
    } catch (error) {
      if (error.code !== 'EMFILE') throw error
    }
    for (let i = 0; i < left; i++) closeSync(open.pop())
    return open.length
  },
  recover() {
    for (const fd of open.splice(0)) closeSync(fd)
  },
})
