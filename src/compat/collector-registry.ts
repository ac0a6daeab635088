import type { SourceGathered } from '../gather/source-gatherer.js'
import { type Family, type FamilyTable, nameOf } from '../model/family.js'
import { Registry } from '../registry/registry.js'
import { processContext } from '../runtime/current-context.js'

/** Reads the families of one directory. */
export type DirectoryReader = () => Promise<readonly Family[]>

/**
 * A registry under the name that Python's client gives it: empty until metrics, or a `MultiProcessCollector`, are put into
 * it. It is cheap enough to make one for each request.
 *
 * @example
 * const registry = new CollectorRegistry()
 * new MultiProcessCollector(registry)
 * const data = await generateLatest(registry)
 */
export class CollectorRegistry extends Registry {
  private showsApplication = false
  private readonly directories = new Map<string, DirectoryReader>()

  /** @internal Shows every family of the application from now on. */
  showApplication(): void {
    this.showsApplication = true
  }

  /** @internal Shows what is counted in a directory. */
  showDirectory(directory: string, read: DirectoryReader): void {
    this.directories.set(directory, read)
  }

  /** @internal */
  override async prepare(): Promise<ReadonlyMap<string, Family>> {
    const [localFamilies, application, ...read] = await Promise.all([
      super.prepare(),
      this.showsApplication ? processContext().registry.prepare() : [],
      ...[...this.directories.values()].map((readDirectory) => readDirectory()),
    ])
    return byName([...localFamilies.values(), ...new Map(application).values(), ...read.flat()])
  }

  /** @internal */
  override shownRegistries(): ReadonlySet<string> | undefined {
    return this.showsApplication ? undefined : super.shownRegistries()
  }

  /** @internal A family that several places have is shown once: the page would be invalid otherwise. */
  override select(gathered: SourceGathered, foreign: ReadonlyMap<string, Family>): readonly Family[] {
    if (!this.showsApplication) return super.select(gathered, foreign)
    const others = gathered.tables.filter(isShown)
    const all = [...processContext().registry.select(gathered, foreign), ...super.select(gathered, foreign), ...others]
    return [...byName(all).values()]
  }
}

/** Whether a family of any registry is shown: it has series, and its metric was not made without registers. */
export function isShown({ order, family }: FamilyTable): boolean {
  return order.length > 0 && !family.registry.startsWith('~metric')
}

/** The first of each name. */
function byName(families: readonly Family[]): Map<string, Family> {
  const named = new Map<string, Family>()
  for (const family of families) if (!named.has(nameOf(family))) named.set(nameOf(family), family)
  return named
}
