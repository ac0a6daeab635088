import type { DeltaKeeper, KeptNumbers } from '../../export/otlp/delta-keeper.js'
import type { Gathered } from '../../gather/gatherer.js'
import { Summary } from '../../metric/summary.js'
import type { FamilyTable } from '../../model/family.js'
import { labelValuesOf, seriesKey } from '../../model/series-key.js'
import { hiddenRegistry } from '../../registry/hidden-registry.js'
import type { ProcessContext } from '../process-context.js'

const familyName = 'promhive_otlp_accepted'

/**
 * Keeps numbers where the counts are: as sums of a family that no scrape shows. So they last as long as the counts, and
 * the next process that sends finds them.
 */
export class StoredNumbers implements DeltaKeeper {
  private readonly sums: Summary<'destination' | 'name'>

  /** @param destination distinguishes the numbers of several receivers */
  constructor(
    private readonly context: ProcessContext,
    private readonly destination: string,
  ) {
    this.sums = new Summary({
      name: familyName,
      help: 'What a receiver of OTLP has accepted of each series.',
      labelNames: ['destination', 'name'],
      maxSeries: Number.POSITIVE_INFINITY,
      registers: [hiddenRegistry(context)],
    })
  }

  read({ hidden }: Gathered): KeptNumbers | undefined {
    if (hidden === undefined) return undefined
    const table = hidden.find(({ family }) => family.name === familyName)
    return new TableNumbers(table, this.destination)
  }

  add(name: string, change: number): void {
    this.sums.observe({ destination: this.destination, name }, change)
  }

  forget(names: readonly string[]): boolean {
    return this.sums.expire(names.map((name) => ({ destination: this.destination, name })))
  }

  flush(): void | Promise<void> {
    return this.context.store().flush()
  }
}

/** The numbers of one destination in the merged table. */
class TableNumbers implements KeptNumbers {
  constructor(
    private readonly table: FamilyTable | undefined,
    private readonly destination: string,
  ) {}

  get(name: string): number {
    const { table } = this
    const key = seriesKey([this.destination, name])
    const row = table?.order.find((each) => table.keys[each] === key)
    return row === undefined ? 0 : table!.slots[table!.bases[row]!]!
  }

  *entries(): Generator<readonly [name: string, number: number]> {
    const { table } = this
    for (const row of table?.order ?? []) {
      const [destination, name] = labelValuesOf(table!.keys[row]!)
      if (destination === this.destination) yield [name!, table!.slots[table!.bases[row]!]!]
    }
  }
}
