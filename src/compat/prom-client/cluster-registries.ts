import { Gauge } from '../../metric/gauge.js'
import type { MetricsError } from '../../model/errors.js'
import type { FamilyTable } from '../../model/family.js'
import { setImmediate } from '../../platform/timers.js'
import { hiddenRegistry, hiddenSeries } from '../../registry/hidden-registry.js'
import { processContext } from '../../runtime/current-context.js'
import { Registry } from './registry.js'
import type { RegistryContentType } from './types.js'

type AnyRegistry = Registry<RegistryContentType>

/** A registry that is shown for the cluster, and this process's own one of that name, if it has one. */
export interface ShownRegistry {
  readonly name: string
  readonly registry: AnyRegistry | undefined
}

/**
 * Which registries are shown for the whole cluster. The client has each worker choose them, and any process may be asked,
 * so each process publishes what it chose.
 */
export class ClusterRegistries {
  private chosen: readonly AnyRegistry[] = []
  private gauge: Gauge<'registry'> | undefined

  /** @param familyName the name under which processes publish what they chose */
  constructor(private readonly familyName: string) {}

  /** @throws TypeError if it is not a registry */
  choose(registryOrList: unknown): void {
    const registries: readonly unknown[] = Array.isArray(registryOrList) ? registryOrList : [registryOrList]
    for (const registry of registries) {
      if (!(registry instanceof Registry)) throw new TypeError(`Expected Registry, got ${typeof registry}`)
    }
    this.chosen = registries as readonly AnyRegistry[]
    // After this turn of the event loop, so that configure() has been called.
    setImmediate(() => this.publish()).unref()
  }

  /** Those of this process, which bring their values up to date before they are shown. */
  get localRegistries(): readonly AnyRegistry[] {
    return this.chosen.length > 0 ? this.chosen : [Registry.globalRegistry]
  }

  /**
   * Those that this process chose and those that others did; the default registry where no process chose any.
   *
   * @param hidden the families that no scrape shows
   */
  all(hidden: readonly FamilyTable[]): readonly ShownRegistry[] {
    const localByName = new Map(this.chosen.map((registry) => [registry.registryName, registry]))
    // A merged registry of this process shows the metrics of those that it was merged from.
    const covered = new Set(this.chosen.flatMap((registry) => registry.shownNames))
    const published = hiddenSeries(hidden, this.familyName).map(([name]) => String(name))
    const names = new Set([...localByName.keys(), ...published.filter((name) => !covered.has(name))])
    const global = Registry.globalRegistry
    if (names.size === 0) names.add(global.registryName)
    return [...names].map((name) => {
      return { name, registry: name === global.registryName ? global : localByName.get(name) }
    })
  }

  private publish(): void {
    const context = processContext()
    try {
      this.gauge ??= new Gauge({
        name: this.familyName,
        help: 'Registries that are shown for the whole cluster.',
        labelNames: ['registry'],
        // What a process counted that has died is shown as well.
        mode: 'max',
        registers: [hiddenRegistry(context)],
      })
      this.gauge.clear({ scope: 'process' })
      for (const registry of this.chosen.flatMap(({ shownNames }) => shownNames)) this.gauge.set({ registry }, 1)
    } catch (cause) {
      context.onError(cause as MetricsError)
    }
  }
}

export const clusterRegistries = new ClusterRegistries('promhive_cluster_registries')
