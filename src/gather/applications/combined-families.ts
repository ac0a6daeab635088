import { MetricsError } from '../../model/errors.js'
import { type Family, isTable, nameOf, type SampleFamily } from '../../model/family.js'
import { extraDifference } from '../../model/layout/metric-types.js'
import type { Pause } from '../../model/pause.js'
import { familyFromValues, valuesOf } from '../prom-client-values.js'
import { applicationLabel, labelledSample } from './application-label.js'
import { CombinedTable, type TableOfApplication } from './combined-table.js'

/** The families of one application. */
export interface ApplicationFamilies {
  readonly application: string
  readonly families: readonly Family[]
}

/** A family that is omitted because it does not fit that of another application. */
export interface FamilyConflict {
  readonly application: string
  readonly error: MetricsError
}

interface FamilyOfApplication {
  readonly application: string
  readonly family: Family
}

/** Combines the families of several applications, and keeps known tables, so that formatters can cache their text. */
export class CombinedFamilies {
  private tables = new Map<string, CombinedTable>()

  /**
   * Returns one family for each name. Of applications that define a name with different types, the first one is shown.
   * The values are copies: they stay as they are until the next call.
   */
  async combine(
    parts: readonly ApplicationFamilies[],
    pause: Pause,
  ): Promise<{ readonly families: readonly Family[]; readonly conflicts: readonly FamilyConflict[] }> {
    const families: Family[] = []
    const conflicts: FamilyConflict[] = []
    const before = this.tables
    this.tables = new Map()
    for (const [name, members] of byName(parts)) {
      const [first] = members as [FamilyOfApplication]
      const fitting = members.filter((member) => typeOf(member.family) === typeOf(first.family))
      for (const member of members) if (!fitting.includes(member)) conflicts.push(conflict(name, first, member))
      const tables = tablesOf(fitting)
      if (tables === undefined) {
        families.push(await combinedSamples(first.family, fitting, pause))
        continue
      }
      const known = before.get(name)
      const table = known?.isOf(tables) === true ? known : new CombinedTable(tables)
      this.tables.set(name, table)
      await table.update(pause)
      families.push(table)
    }
    return { families, conflicts }
  }
}

function byName(parts: readonly ApplicationFamilies[]): ReadonlyMap<string, readonly FamilyOfApplication[]> {
  const names = new Map<string, FamilyOfApplication[]>()
  for (const { application, families } of parts) {
    for (const family of families) {
      const members = names.get(nameOf(family))
      if (members === undefined) names.set(nameOf(family), [{ application, family }])
      else members.push({ application, family })
    }
  }
  return names
}

/** Returns the tables if they have the same layout and samples; undefined if they only share name and type. */
function tablesOf(members: readonly FamilyOfApplication[]): readonly TableOfApplication[] | undefined {
  const tables: TableOfApplication[] = []
  for (const { application, family } of members) {
    if (!isTable(family)) return undefined
    // A state set shows its states in a label with its name.
    if (family.family.type === 'stateset' && family.family.name === applicationLabel) return undefined
    const [first] = tables
    if (first !== undefined && extraDifference(first.table.family, family.family) !== undefined) return undefined
    tables.push({ application, table: family })
  }
  return tables
}

/** Combines families sample by sample, such as histograms with different buckets. Exemplars of tables are not shown. */
async function combinedSamples(
  first: Family,
  members: readonly FamilyOfApplication[],
  pause: Pause,
): Promise<SampleFamily> {
  const { name, help, type } = isTable(first) ? first.family : first
  const samples: SampleFamily['samples'][number][] = []
  for (const { application, family } of members) {
    const source = isTable(family) ? familyFromValues(valuesOf(family)) : family
    for (const sample of source.samples) samples.push(labelledSample(sample, application))
    if (pause.due()) await pause.rest()
  }
  return { name, help, type, samples }
}

function typeOf(family: Family): string {
  return (isTable(family) ? family.family : family).type
}

function conflict(
  name: string,
  first: FamilyOfApplication,
  { application, family }: FamilyOfApplication,
): FamilyConflict {
  const text =
    `${name} is a ${typeOf(family)} in application ${application} and a ${typeOf(first.family)} in application ` +
    `${first.application}, which is shown; rename one of them, or scrape them separately with /probe?target=${application}`
  return { application, error: new MetricsError('FAMILY_CONFLICT', text) }
}
