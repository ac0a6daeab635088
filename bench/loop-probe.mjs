/** Finds the longest time for which this process's event loop did not turn. */
export class LoopProbe {
  #timer
  #last = 0
  #longest = 0

  start(everyMs = 1) {
    this.stop()
    this.#longest = 0
    this.#last = performance.now()
    this.#timer = setInterval(() => this.#look(), everyMs)
  }

  /** @returns {number} milliseconds, at most one interval too long */
  stop() {
    if (this.#timer === undefined) return this.#longest
    this.#look()
    clearInterval(this.#timer)
    this.#timer = undefined
    return this.#longest
  }

  #look() {
    const now = performance.now()
    this.#longest = Math.max(this.#longest, now - this.#last)
    this.#last = now
  }
}
