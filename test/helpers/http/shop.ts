import { root } from '../processes/dist.js'
import { Exposition } from '../processes/exposition.js'
import { ask } from '../processes/http.js'
import { until } from '../processes/until.js'

export { freePort } from '../processes/port.js'

export const preload = '--import promhive/register'

/** Where programs find `promhive` by its name. */
export const cwd = root

/** The body of a metrics port, as soon as it matches. */
export function scraped(port: number, is: (seen: Exposition) => boolean): Promise<Exposition> {
  return until(async () => {
    const answer = await ask(`http://127.0.0.1:${port}/metrics`).catch(() => undefined)
    return new Exposition(answer?.body ?? '')
  }, is)
}

/** Requests one after the other, each on a connection of its own. */
export async function visit(base: string, paths: readonly string[], method = 'GET'): Promise<number[]> {
  const statuses: number[] = []
  for (const path of paths) statuses.push((await ask(base + path, method)).status)
  return statuses
}
