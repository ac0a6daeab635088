import type { SourceGathered } from '../../gather/source-gatherer.js'
import { type Family, nameOf } from '../../model/family.js'
import type { LabelSet } from '../../model/label-set.js'
import { processContext } from '../../runtime/current-context.js'
import { type AggregatedObject, aggregated } from './aggregators.js'
import { type ClusterRegistries, clusterRegistries, type ShownRegistry } from './cluster-registries.js'
import { metricObject, type ObjectMember } from './metric-object.js'
import { plugInFamily } from './plug-in-family.js'
import { clientFormatters, joined } from './text.js'
import type { RegistryContentType } from './types.js'
import { withDefaultLabels } from './with-default-labels.js'

/** What one registry shows of the cluster. */
interface Part {
  readonly registry: ShownRegistry['registry']
  readonly defaultLabels: LabelSet
  readonly families: readonly Family[]
}

/** For registries that only other processes have. */
const withoutDefaults = clientFormatters({})

/** Returns the exposition of the registries that are shown for the cluster; an empty text if they have no metric. */
export async function clusterText(
  contentType: RegistryContentType,
  registries: ClusterRegistries = clusterRegistries,
): Promise<string> {
  const { localRegistries } = registries
  const foreign = new Map(
    await Promise.all(localRegistries.map(async (registry) => [registry, await registry.prepare()] as const)),
  )
  const { exemplars } = withoutDefaults.of(contentType)!
  const gathered = await processContext().gatherer.gather({ exemplars })
  try {
    const parts = registries.all(gathered.hidden).map((one) => partOf(one, gathered, foreign))
    return await written(together(parts), contentType, gathered)
  } finally {
    gathered.release()
  }
}

function partOf(
  { name, registry }: ShownRegistry,
  gathered: SourceGathered,
  foreign: ReadonlyMap<object, ReadonlyMap<string, Family>>,
): Part {
  if (registry === undefined) {
    const families = gathered.tables.filter(({ family }) => family.registry === name)
    return { registry, defaultLabels: {}, families }
  }
  const families = registry.select(gathered, foreign.get(registry) ?? new Map())
  const listedFamilies = families.filter((family) => memberOf(registry, family)?.aggregator !== 'omit')
  return { registry, defaultLabels: registry.contents.defaults.labels, families: listedFamilies }
}

function memberOf(registry: Part['registry'], family: Family): ObjectMember | undefined {
  return registry?.contents.members.get(nameOf(family)) as ObjectMember | undefined
}

/** The parts with each name once: what several registries have becomes one family, by its aggregator. */
function together(parts: readonly Part[]): readonly Part[] {
  const [first, ...others] = parts
  if (first === undefined || others.length === 0) return parts
  const named = new Map<string, { family: Family; part: Part }[]>()
  for (const part of parts) {
    for (const family of part.families) {
      const same = named.get(nameOf(family)) ?? []
      named.set(nameOf(family), [...same, { family, part }])
    }
  }
  return parts.map((part) => {
    const families = part.families.flatMap((family): readonly Family[] => {
      const same = named.get(nameOf(family))!
      if (same.length === 1) return [family]
      if (same[0]!.part !== part) return []
      const object = aggregated(same.map(({ family, part }) => objectOf(family, part)))
      return object === undefined ? [] : [plugInFamily(object, {})]
    })
    return { ...part, families }
  })
}

function objectOf(family: Family, { registry, defaultLabels }: Part): AggregatedObject {
  return withDefaultLabels(metricObject(memberOf(registry, family), family), defaultLabels) as AggregatedObject
}

async function written(
  parts: readonly Part[],
  contentType: RegistryContentType,
  { pause }: SourceGathered,
): Promise<string> {
  const texts: string[] = []
  for (const { registry, families } of parts) {
    if (families.length === 0) continue
    const formatters = registry?.formatters ?? withoutDefaults
    texts.push(Buffer.concat(await formatters.of(contentType)!.formatPart(families, pause)).toString())
  }
  return texts.length === 0 ? '' : joined(texts, contentType)
}
