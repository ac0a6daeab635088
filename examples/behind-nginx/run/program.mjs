import { spawn } from 'node:child_process'
import { openSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** A program that the example starts, and ends by its own pid. */
export class Program {
  #child
  #ended
  /** Why it ended; undefined while it runs. */
  end

  /** @param log the file for everything that it writes */
  constructor(name, command, args, { log, ...options }) {
    this.name = name
    this.log = log
    const output = openSync(log, 'a')
    // Detached: Ctrl-C in the terminal reaches the example alone, which ends the programs in order.
    this.#child = spawn(command, args, { stdio: ['ignore', output, output], detached: true, ...options })
    this.#ended = new Promise((resolve) => {
      this.#child.once('error', (error) => resolve(error.message))
      this.#child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`))
    }).then((end) => {
      this.end = end
    })
  }

  get pid() {
    return this.#child.pid
  }

  signal(signal) {
    this.#child.kill(signal)
  }

  /** Throws what the program wrote last if it has ended. */
  check() {
    if (this.end === undefined) return
    throw new Error(`${this.name} ended (${this.end}):\n${lastLines(this.log)}`)
  }

  /** Ends it with the signal; after the time, which is longer than that of supervisor, with SIGKILL. */
  async stop(signal = 'SIGTERM', seconds = 45) {
    if (this.end === undefined) {
      this.signal(signal)
      const timer = setTimeout(() => this.signal('SIGKILL'), seconds * 1000)
      await this.#ended
      clearTimeout(timer)
    }
    // A shell that ends leaves the command that it runs at the moment.
    while (this.pid !== undefined && killGroup(this.pid)) await sleep(10)
  }
}

/** @returns whether a process of the group was still there */
function killGroup(pid) {
  try {
    return process.kill(-pid, 'SIGKILL')
  } catch {
    return false
  }
}

export function lastLines(log) {
  return readFileSync(log, 'utf8').trimEnd().split('\n').slice(-15).join('\n')
}
