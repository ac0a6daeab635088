import { runCollect } from '../gather/collect-hook.js'
import { definitionKey, difference } from '../model/descriptor.js'
import { MetricsError } from '../model/errors.js'
import type { RegistryMember } from './registered-metric.js'
import { SampleOwners } from './sample-owners.js'
import type { Job, Ticker } from './ticker.js'

/** The metrics of a registry, by name, and the work that they do in every process at intervals. */
export class Members {
  private readonly byName = new Map<string, RegistryMember>()
  private readonly sampleOwners = new SampleOwners()
  private readonly jobs = new Map<string, Job>()

  constructor(
    private readonly duplicates: 'same' | 'throw',
    private readonly ticker: Ticker,
    private readonly onError: (error: MetricsError) => void,
  ) {}

  get(name: string): RegistryMember | undefined {
    return this.byName.get(name)
  }

  /** Shows a metric without labels from now on, if it still is a member. */
  start(metric: RegistryMember): void {
    if (this.byName.get(metric.name) === metric) metric.start?.()
  }

  all(): RegistryMember[] {
    return [...this.byName.values()]
  }

  /** Throws `NAME_TAKEN` when another metric has the name, or one that prints samples of the same name. */
  add(metric: RegistryMember): void {
    const other = this.byName.get(metric.name)
    if (other === metric) return
    if (other !== undefined) this.checkSame(other, metric)
    else if (metric.family !== undefined) this.sampleOwners.add(metric.family)
    // If two metrics are the same, the first one stays, unless the second has a `collect`: the module was loaded again, and
    // its new `collect` replaces the old one.
    if (other !== undefined && metric.collect === undefined) return
    this.stopJob(metric.name)
    this.byName.set(metric.name, metric)
    if (metric.collectsEach) this.startJob(metric)
  }

  /** @param registry the name of the registry that releases it */
  remove(name: string, registry = ''): void {
    const member = this.byName.get(name)
    member?.discard?.(registry)
    if (member?.family !== undefined) this.sampleOwners.remove(member.family)
    this.byName.delete(name)
    this.stopJob(name)
  }

  private startJob(metric: RegistryMember): void {
    const run = (): Promise<void> => runCollect(metric, this.onError)
    const job = { run, atExit: () => void run() }
    this.jobs.set(metric.name, job)
    this.ticker.add(job)
  }

  private stopJob(name: string): void {
    const job = this.jobs.get(name)
    if (job !== undefined) this.ticker.remove(job)
    this.jobs.delete(name)
  }

  private checkSame(one: RegistryMember, two: RegistryMember): void {
    const { name } = two
    const [a, b] = [one.family, two.family]
    const known = a !== undefined && b !== undefined
    if (this.duplicates === 'same' && known && definitionKey(a) === definitionKey(b)) return
    const what = known ? difference(a, b) : undefined
    throw new MetricsError(
      'NAME_TAKEN',
      `A metric with the name ${name} has already been registered${what === undefined ? '' : ` with another definition (${what})`}; use getSingleMetric(${JSON.stringify(name)}) or another name`,
    )
  }
}
