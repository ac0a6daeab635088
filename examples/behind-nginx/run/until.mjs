import { setTimeout as sleep } from 'node:timers/promises'

/** Calls `look` until it returns something that is true; the error has the name of what did not happen. */
export async function until(what, look, seconds = 60) {
  const end = performance.now() + seconds * 1000
  for (;;) {
    const seen = await look()
    if (seen) return seen
    if (performance.now() > end) throw new Error(`${what}: not within ${seconds} s`)
    await sleep(100)
  }
}
