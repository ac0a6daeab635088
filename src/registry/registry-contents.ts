import type { MetricRegistry } from '../metric/context.js'
import { defaultRegistryName } from '../model/descriptor.js'
import type { MetricsError } from '../model/errors.js'
import { Collectors } from './collectors.js'
import { DefaultLabels } from './default-labels.js'
import { Expiring } from './expiring.js'
import { Members } from './members.js'
import type { RegistryContext } from './registry-context.js'
import type { checkRegistryOptions } from './registry-options.js'

/** The metrics and collectors of a registry. Registries that share it show the same metrics, each in its own formats. */
export class RegistryContents {
  readonly members: Members
  readonly collectors: Collectors
  readonly expiring = new Expiring()
  readonly defaults: DefaultLabels
  private currentName: string | undefined

  /** @param registry where collectors publish their metrics */
  constructor(
    registry: MetricRegistry,
    { name, duplicates, scope }: ReturnType<typeof checkRegistryOptions>,
    private readonly context: RegistryContext,
  ) {
    const onError = (error: MetricsError): void => context.onError(error)
    this.currentName = name
    this.members = new Members(duplicates, context.ticker, onError)
    context.registries.add(this.members, name)
    this.collectors = new Collectors(registry, context.ticker, onError)
    this.defaults = new DefaultLabels(scope === 'process' ? undefined : name, context)
  }

  /** The name of the registry, or a generated one, from the first call on. */
  registryName(): string {
    this.currentName ??= this.context.nextNameless('registry')
    return this.currentName
  }

  /** Returns the names of the registries whose families it may show; undefined for all. */
  shownRegistries(): ReadonlySet<string> | undefined {
    const { name, members } = this
    // The default registry shows promhive's own state, which has the number of all series.
    if (name === defaultRegistryName) return undefined
    const names = members.all().flatMap(({ family }) => (family === undefined ? [] : [family.registry]))
    return new Set(name === undefined ? names : [name, ...names])
  }

  /** The present name of the registry. */
  get name(): string | undefined {
    return this.currentName
  }
}
