import { opened, type SeriesLog } from '../store/core/series-log.js'

/** Returns the number of series of each family in a writer. */
export function seriesByFamily(log: SeriesLog): Readonly<Record<string, number>> {
  // Without a prototype, because a family may be called `constructor`.
  const families: Record<string, number> = Object.create(null)
  for (const family of log.families) if (family !== undefined) families[family.name] ??= 0
  for (let i = 0; i < log.length; i++) {
    const { name } = log.families[log.familyOf[i]!]!
    families[name]! += log.kinds[i] === opened ? 1 : -1
  }
  return families
}
