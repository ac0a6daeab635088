import { emptyTable, type Family, type FamilyTable, nameOf } from '../model/family.js'
import { layoutOf } from '../model/layout/layout-of.js'
import type { RegistryMember } from './registered-metric.js'

/**
 * The families of a registry: its members in their order, the other families of this process, and then those of other
 * processes, by name.
 *
 * @param tables those of this registry
 * @param foreign families of collectors and plug-ins, by name
 */
export function shownFamilies(
  members: readonly RegistryMember[],
  tables: readonly FamilyTable[],
  foreign: ReadonlyMap<string, Family>,
): readonly Family[] {
  const tablesByName = new Map(tables.map((table) => [table.family.name, table]))
  const named = new Set(members.map(({ name }) => name))
  const families: Family[] = []
  for (const { name, family } of members) {
    const table = tablesByName.get(name)
    // A table without series may be of a definition that the member has replaced.
    const counted = table !== undefined && (table.order.length > 0 || family === undefined)
    const member = counted ? table : (foreign.get(name) ?? (family && emptyTable(family, layoutOf(family))))
    if (member !== undefined) families.push(member)
    tablesByName.delete(name)
  }
  for (const [name, family] of foreign) if (!named.has(name) && !tablesByName.has(name)) families.push(family)
  return [...families, ...[...tablesByName.values()].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))]
}
