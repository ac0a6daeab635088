/** What the proof claims, and what it saw; each is printed as a line of a table once it is known. */
export class Claims {
  failed = 0

  /** @param seen the facts that decide it */
  add(claim, holds, seen) {
    if (!holds) this.failed++
    console.log(`  ${holds ? 'ok    ' : 'FAILED'}  ${claim.padEnd(56)}  ${seen}`)
  }

  /** A claim about something that happens: it holds if `run` returns, and fails with the error that it throws. */
  async happens(claim, run) {
    try {
      this.add(claim, true, await run())
    } catch (error) {
      this.add(claim, false, error.message)
    }
  }
}
