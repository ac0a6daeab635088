/** What makes a bench fail: a wrong total or a process that crashed. Never a slow figure. */
export class Faults {
  #found = []

  /** Runs one measurement; the others go on when it fails. */
  async guard(what, run) {
    try {
      const { wrong } = await run()
      for (const fault of wrong) this.#add(`${what}: ${fault}`)
    } catch (error) {
      this.#add(`${what}: ${error.message}`)
    }
  }

  get count() {
    return this.#found.length
  }

  #add(fault) {
    this.#found.push(fault)
    console.error(`FAULT ${fault}`)
  }
}
