import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** A process of its own that ends programs and removes folders if this process is killed. */
export class Guarded {
  #guard
  #ended

  constructor() {
    const guard = fileURLToPath(new URL('guard.mjs', import.meta.url))
    // Detached: what ends the group of the example does not end it.
    this.#guard = spawn(process.execPath, [guard], { stdio: ['pipe', 'ignore', 'ignore'], detached: true, cwd: '/' })
    this.#guard.on('error', () => {})
    this.#guard.stdin.on('error', () => {})
    this.#ended = new Promise((resolve) => this.#guard.once('close', resolve))
  }

  folder(folder) {
    this.#write({ folder })
  }

  /** @param {number | undefined} pid that of a program; undefined if it could not be started */
  program(pid) {
    if (pid !== undefined) this.#write({ pid })
  }

  /** Ends the guard, once all is ended and removed. */
  end() {
    this.#guard.stdin.end()
    return this.#ended
  }

  #write(fact) {
    this.#guard.stdin.write(`${JSON.stringify(fact)}\n`)
  }
}
