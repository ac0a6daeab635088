import { readFileSync } from 'node:fs'
import { ask } from './http.js'

/** The targets of a file_sd or http_sd list: address → labels, without those that only relabeling sees. */
export type ListedTargets = Readonly<Record<string, Readonly<Record<string, string>>>>

export function listedIn(json: string): ListedTargets {
  const groups = JSON.parse(json) as { targets: [string]; labels: Record<string, string> }[]
  return Object.fromEntries(
    groups.map(({ targets: [address], labels }) => {
      return [address, Object.fromEntries(Object.entries(labels).filter(([name]) => !name.startsWith('__meta_')))]
    }),
  )
}

/** The targets in a file; undefined if there is no such file yet. */
export function listedInFile(path: string): ListedTargets | undefined {
  try {
    return listedIn(readFileSync(path, 'utf8'))
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw cause
  }
}

/** The targets that a metrics port lists. */
export async function listedAt(metricsUrl: string): Promise<ListedTargets> {
  const { status, headers, body } = await ask(metricsUrl.replace(/\/metrics$/, '/targets'))
  if (status !== 200 || headers['content-type'] !== 'application/json') throw new Error(`${status}: ${body}`)
  return listedIn(body)
}

/**
 * Reads a file of targets repeatedly.
 *
 * @returns what ends that, and returns how often the file was there; it throws if it was not well-formed once
 */
export function readAlways(path: string): { stop(): number } {
  let readings = 0
  let fault: unknown
  const timer = setInterval(() => {
    try {
      if (listedInFile(path) !== undefined) readings++
    } catch (cause) {
      fault ??= cause
    }
  }, 1)
  return {
    stop() {
      clearInterval(timer)
      if (fault !== undefined) throw fault
      return readings
    },
  }
}
