import type { Exposition } from '../export/http/scrape.js'
import { Formatters } from '../exposition/formatters.js'
import { text } from '../exposition/text/text.js'
import { Gathering } from '../gather/gathering.js'
import { ScrapeQueue } from '../gather/scrape-queue.js'
import { selfFamilies } from '../gather/self-metrics.js'
import { defaultRegistryName } from '../model/descriptor.js'
import type { MetricsError } from '../model/errors.js'
import { type Family, type FamilyTable, familiesNamed, type SampleFamily } from '../model/family.js'
import { workerLabelFromEnvironment } from '../runtime/worker-label.js'
import type { Source } from '../store/contract.js'
import { reportOnce } from './report-once.js'

export interface SourceExpositionOptions {
  /** Receives each fault of a reading. */
  readonly report?: (error: MetricsError) => void
  /** Families of the process that reads, shown beside those of all registries. */
  readonly ownFamilies?: () => readonly SampleFamily[]
}

/**
 * What all processes of an application counted, read from outside.
 *
 * @param open opens what is read; once more after a scrape that timed out
 * @param registry only this one; otherwise all, and of two families of one name that of the default registry
 */
export function sourceExposition(
  open: () => Source,
  registry?: string,
  { report = reportOnce(), ownFamilies = () => [] }: SourceExpositionOptions = {},
): Exposition {
  let source = open()
  const reopen = (): void => {
    source = open()
  }
  const gathering = new Gathering(() => source, report, workerLabelFromEnvironment, { reopen })
  const formatters = new Formatters()
  const queue = new ScrapeQueue()
  const print = (contentType: string, names: readonly string[]): Promise<readonly Uint8Array[]> =>
    gathering.run(
      () => {},
      (gathered) => {
        const families = choose(gathered.tables, registry)
        const shown = registry === undefined ? [...families, ...selfFamilies(gathered), ...ownFamilies()] : families
        const formatter = formatters.of(contentType)!
        if (formatter.exemplars) gathered.placeExemplars()
        return formatter.format(familiesNamed<Family>(shown, names), gathered.pause)
      },
    )
  return {
    async expose(accept, names = [], limits = {}) {
      const contentType = formatters.negotiate(accept, text.contentType)
      const chunks = await queue.share([contentType, ...names], () => print(contentType, names), limits)
      return { contentType, chunks }
    },
  }
}

function choose(tables: readonly FamilyTable[], registry: string | undefined): readonly FamilyTable[] {
  if (registry !== undefined) return tables.filter(({ family }) => family.registry === registry)
  const chosen = new Map<string, FamilyTable>()
  for (const table of tables) {
    const { name, registry } = table.family
    if (!chosen.has(name) || registry === defaultRegistryName) chosen.set(name, table)
  }
  return [...chosen.values()]
}
