import { readFileSync } from 'node:fs'

/** How often a process that keeps counting has counted at most, and how often at least. */
export interface Tally {
  readonly attempted: number
  readonly acknowledged: number
}

export function tallyIn(file: string): Tally {
  const text = readFileSync(file, 'utf8')
  const [attempted, acknowledged] = text.trim().split(/\s+/).map(Number)
  if (!attempted || acknowledged === undefined) throw new Error(`${file} is no tally: '${text}'`)
  return { attempted, acknowledged }
}

export function tallyOf(files: readonly string[]): Tally {
  const each = files.map(tallyIn)
  return {
    attempted: each.reduce((sum, { attempted }) => sum + attempted, 0),
    acknowledged: each.reduce((sum, { acknowledged }) => sum + acknowledged, 0),
  }
}
