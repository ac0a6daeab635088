/** Waits for something that is certain to happen; only the test run's timeout limits how long that takes. */
export async function until<T>(look: () => T | Promise<T>, is: (seen: T) => boolean, timeout = 90_000): Promise<T> {
  const end = Date.now() + timeout
  for (;;) {
    const seen = await look()
    if (is(seen)) return seen
    if (Date.now() > end) throw new Error(`still not so after ${timeout / 1000} s; last seen: ${describe(seen)}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}

function describe(seen: unknown): string {
  try {
    return JSON.stringify(seen)?.slice(0, 500) ?? String(seen)
  } catch {
    return String(seen)
  }
}
