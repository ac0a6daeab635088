import type { Gathered, Gatherer, GatherRequest } from '../../gather/gatherer.js'
import { SourceGatherer } from '../../gather/source-gatherer.js'
import type { LabelSet } from '../../model/label-set.js'
import type { Source } from '../../store/contract.js'
import type { ProcessContext } from '../process-context.js'

/**
 * Gathers what this process has counted in the default registry, with what its predecessors on the same seat have
 * counted.
 */
export class OwnGatherer implements Gatherer {
  /** The label that names this process, as of the last gathering. */
  labels: LabelSet = {}
  private opened: { readonly source: Source; readonly backend: unknown } | undefined
  private readonly own: SourceGatherer

  constructor(private readonly context: ProcessContext) {
    const source: Source = { read: (pause) => this.read(pause), close() {} }
    this.own = new SourceGatherer(
      () => source,
      (error) => context.onError(error),
      () => context.workerLabel,
    )
  }

  async gather(request: GatherRequest = {}): Promise<Gathered> {
    const { registry } = this.context
    const foreign = await registry.prepare()
    const gathered = await this.own.gather(request)
    const { labels: defaultLabels } = registry.contents.defaults
    return { ...gathered, families: registry.select(gathered, foreign), defaultLabels }
  }

  close(): void {
    this.opened?.source.close()
    this.opened = undefined
  }

  private async read(pause: Parameters<Source['read']>[0]): ReturnType<Source['read']> {
    const { context } = this
    const { writer } = context.store()
    const backend = context.inUse
    if (this.opened?.backend !== backend) {
      this.close()
      this.opened = { source: backend.openSource(), backend }
    }
    const reading = await this.opened!.source.read(pause)
    const writers = reading.writers.filter((each) => each.writer === writer)
    const [own] = writers
    if (own !== undefined) {
      const name = (context.workerLabel === 'pid' ? own.process : own.worker) ?? String(own.seat)
      this.labels = { [context.workerLabel]: name }
    }
    return { ...reading, writers }
  }
}
