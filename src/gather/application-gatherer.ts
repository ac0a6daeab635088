import { defaultRegistryName } from '../model/descriptor.js'
import { type Family, type FamilyTable, familiesNamed, nameOf, type SampleFamily } from '../model/family.js'
import type { Gathered, Gatherer, GatherRequest } from './gatherer.js'
import { selfFamilies } from './self-metrics.js'
import type { SourceGatherer } from './source-gatherer.js'

export interface ApplicationGathererOptions {
  /** Shows only the families of this registry. By default, all are shown, and promhive's own metrics as well. */
  readonly registry?: string | undefined
  /** Returns families of the reading process, shown with those of all registries. */
  readonly ownFamilies?: () => readonly SampleFamily[]
}

/** Gathers the metrics of an application from outside, in a process without its registries. */
export class ApplicationGatherer implements Gatherer {
  constructor(
    private readonly everything: SourceGatherer,
    private readonly options: ApplicationGathererOptions = {},
  ) {}

  async gather({ names, ...request }: GatherRequest = {}): Promise<Gathered> {
    const { registry, ownFamilies = () => [] } = this.options
    const gathered = await this.everything.gather(request)
    const families: readonly Family[] =
      registry === undefined
        ? withoutDuplicates([...oneOfEachName(gathered.tables), ...selfFamilies(gathered), ...ownFamilies()])
        : gathered.tables.filter(({ family }) => family.registry === registry)
    return { ...gathered, families: familiesNamed(families, names) }
  }
}

/** Omits a family whose name an earlier one has: two families of one name are no valid exposition. */
function withoutDuplicates(families: readonly Family[]): readonly Family[] {
  const names = new Set<string>()
  return families.filter((family) => {
    const isNew = !names.has(nameOf(family))
    names.add(nameOf(family))
    return isNew
  })
}

/** Returns one family of each name, preferably that of the default registry. */
function oneOfEachName(tables: readonly FamilyTable[]): readonly FamilyTable[] {
  const chosen = new Map<string, FamilyTable>()
  for (const table of tables) {
    const { name, registry } = table.family
    if (!chosen.has(name) || registry === defaultRegistryName) chosen.set(name, table)
  }
  return [...chosen.values()]
}
