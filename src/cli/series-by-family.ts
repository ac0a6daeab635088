import { opened, type SeriesLog } from '../store/core/series-log.js'

/** How many series a writer has of each family. */
export function seriesByFamily(log: SeriesLog): Readonly<Record<string, number>> {
  // Without a prototype: a family may be called `constructor`.
  const families: Record<string, number> = Object.create(null)
  for (const family of log.families) if (family !== undefined) families[family.name] ??= 0
  for (let i = 0; i < log.length; i++) {
    const { name } = log.families[log.familyOf[i]!]!
    families[name]! += log.kinds[i] === opened ? 1 : -1
  }
  return families
}
