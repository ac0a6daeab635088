/** What the proof claims, and what it saw; each is printed as a line of a table once it is known. */
export class Claims {
  failed = 0
  #began = performance.now()

  /** @param seen the facts that decide it */
  add(claim, holds, seen) {
    if (!holds) this.failed++
    console.log(
      `${((performance.now() - this.#began) / 1000).toFixed(1)}  ${holds ? 'ok    ' : 'FAILED'}  ${claim.padEnd(58)}  ${seen}`,
    )
  }

  /** A claim that takes a while: it fails if `run` throws. */
  async settle(claim, run) {
    try {
      this.add(claim, true, await run())
    } catch (error) {
      this.add(claim, false, error.message)
    }
  }
}
