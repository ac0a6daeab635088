import { difference, hiddenRegistryName } from '../model/descriptor.js'
import { MetricsError } from '../model/errors.js'
import type { FamilyTable } from '../model/family.js'
import { sampleNames } from '../model/sample-names.js'
import { differInBounds, withCommonBounds } from './common-bounds.js'
import { differInProcessLabel, withBothLabels } from './process-labels.js'

export interface Merged {
  readonly tables: readonly FamilyTable[]
  /** The families that no scrape shows. */
  readonly hidden: readonly FamilyTable[]
  readonly errors: readonly MetricsError[]
}

/** The table of one definition. */
export interface DefinedTable extends FamilyTable {
  /** When the newest owner with this definition started; -Infinity if no writer has it any more. */
  readonly newest: number
  /** The family's own labels that have another name, because an added label has theirs. */
  readonly renamedLabels: ReadonlyMap<string, string>
}

/** How many seconds the definitions of other clients are older than they are, so that promhive's are newer. */
export const behindOurs = 1e11

/**
 * Chooses among several definitions of one name: that of the newest owner, if it has series. Two kinds are shown together:
 * histograms that differ only in their bounds, and gauges of each process that differ only in the label of the process.
 * All but the latter are reported.
 */
export function chooseTables(all: readonly DefinedTable[]): Merged {
  const byName = new Map<string, DefinedTable[]>()
  for (const table of all) {
    if (table.newest === Number.NEGATIVE_INFINITY) continue
    const id = JSON.stringify([table.family.registry, table.family.name])
    const others = byName.get(id)
    if (others === undefined) byName.set(id, [table])
    else others.push(table)
  }
  const tables: FamilyTable[] = []
  const hidden: FamilyTable[] = []
  const errors: MetricsError[] = []
  const others: DefinedTable[] = []
  for (const defined of byName.values()) {
    const counted = defined.filter((table) => table.order.length > 0)
    const chosen = (counted.length > 0 ? counted : defined).reduce((a, b) => (b.newest >= a.newest ? b : a))
    const list = chosen.family.registry === hiddenRegistryName ? hidden : isOfOthers(chosen) ? others : tables
    list.push(together(chosen, counted))
    for (const other of counted) {
      if (other !== chosen && !differInProcessLabel(other, chosen)) errors.push(conflict(other, chosen))
    }
    for (const [own, shown] of chosen.renamedLabels) errors.push(renamed(chosen, own, shown))
  }
  if (others.length > 0) addOthers(others, tables, errors)
  return { tables, hidden, errors }
}

function together(chosen: DefinedTable, counted: readonly DefinedTable[]): FamilyTable {
  const histograms = counted.filter((table) => table === chosen || differInBounds(table, chosen))
  if (histograms.length > 1) return withCommonBounds(chosen, histograms)
  const gauges = counted.filter((table) => table === chosen || differInProcessLabel(table, chosen))
  return gauges.length > 1 ? withBothLabels(chosen, gauges) : chosen
}

function isOfOthers({ newest }: DefinedTable): boolean {
  return newest < 0
}

/** Adds the families of other clients, unless one of promhive's shows samples of the same name. */
function addOthers(others: readonly FamilyTable[], tables: FamilyTable[], errors: MetricsError[]): void {
  const owners = new Map<string, FamilyTable>()
  for (const table of tables) {
    if (table.family.registry !== others[0]!.family.registry) continue
    for (const name of sampleNames(table.family)) owners.set(name, table)
  }
  for (const table of others) {
    const { family } = table
    const names = sampleNames(family)
    const shared = names.find((name) => owners.has(name))
    if (shared === undefined) {
      for (const name of names) owners.set(name, table)
      tables.push(table)
      continue
    }
    const owner = owners.get(shared)!.family
    const text = `the ${owner.type} ${owner.name} and the ${family.type} ${family.name} of Python's client both have samples named ${shared}: only ${owner.name} is shown; give both the same name and type, or rename one`
    errors.push(new MetricsError('FAMILY_CONFLICT', text))
  }
}

function conflict(other: DefinedTable, chosen: DefinedTable): MetricsError {
  const [a, b] = [other.family, chosen.family]
  const merged = differInBounds(other, chosen)
  const ours = isOfOthers(other) && !isOfOthers(chosen)
  const one = ours ? "promhive's is shown, not that of Python's client" : "the newer process's is shown"
  const outcome = merged ? 'their common buckets are shown' : one
  const text = `${a.name} is defined twice in this application: ${difference(a, b) ?? 'two definitions'}; ${outcome}`
  return new MetricsError('FAMILY_CONFLICT', text)
}

function renamed({ family }: DefinedTable, own: string, shown: string): MetricsError {
  const text = `${family.name}: its label "${own}" is shown as "${shown}", because "${own}" is the label of the worker here; rename yours`
  return new MetricsError('LABEL_RESERVED', text)
}
