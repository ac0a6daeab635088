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

/** The same, but without an error if it takes too long: for something that is checked afterwards. */
export async function settle(look, seconds) {
  const end = performance.now() + seconds * 1000
  while (!(await look()) && performance.now() < end) await sleep(100)
}
