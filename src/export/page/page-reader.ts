import type { Gathered } from '../../gather/gatherer.js'
import { type Family, nameOf } from '../../model/family.js'
import { monotonicNow } from '../../platform/timers.js'
import { costOf, FamilyReader } from './family-reader.js'
import type { PageFamily } from './page-family.js'
import type { PageSource } from './page-source.js'
import { type PageWorker, WorkerWatch } from './worker-watch.js'

/** What was read for the page at one moment. */
export interface PageReading {
  /** Unix milliseconds of the reading. */
  readonly at: number
  /** Seconds that the reading took. */
  readonly seconds: number
  /** Where the numbers are kept. */
  readonly location: string
  /** The number of processes and threads that count, and are alive. */
  readonly live: number
  /** Each of them; omitted if the gatherer does not show them. */
  readonly workers?: readonly PageWorker[]
  readonly families: readonly PageFamily[]
  /** The families that are not in the list, because there are too many. */
  readonly omitted: { readonly families: number; readonly series: number }
  /** The errors of what could not be read. */
  readonly faults: readonly string[]
}

/** Milliseconds for which pages share one reading. */
const shared = 900

/** The number of families in an answer; further ones are only counted. */
const mostFamilies = 1_000

/** The slots that are read for one answer; of families beyond that, only the number of series is shown. */
const mostSlots = 2_000_000

/** The errors in an answer. */
const mostFaults = 20

/** Reads an application for its pages: at most about once per second, however many pages are open. */
export class PageReader {
  private readonly families = new FamilyReader()
  /** By the name of an application; undefined for the only one. */
  private readonly watches = new Map<string | undefined, WorkerWatch>()
  private running: Promise<PageReading> | undefined
  private last: { readonly reading: PageReading; readonly at: number } | undefined

  constructor(
    private readonly source: PageSource,
    private readonly limits = { families: mostFamilies, slots: mostSlots },
  ) {}

  /** @throws MetricsError `SCRAPE_INCOMPLETE` if the numbers cannot be read */
  read(): Promise<PageReading> {
    if (this.last !== undefined && monotonicNow() - this.last.at < shared) return Promise.resolve(this.last.reading)
    this.running ??= this.gather().finally(() => {
      this.running = undefined
    })
    return this.running
  }

  private async gather(): Promise<PageReading> {
    const began = monotonicNow()
    const gathered = await this.source.gatherer.gather({ perWorker: false })
    try {
      const reading = await this.readingOf(gathered, began)
      this.last = { reading, at: monotonicNow() }
      return reading
    } finally {
      gathered.release()
    }
  }

  private async readingOf(gathered: Gathered, began: number): Promise<PageReading> {
    const timestamp = Date.now()
    const { workers: live, faults, pause } = gathered
    const workers = this.workersOf(gathered)
    const sorted = [...gathered.families].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
    const listed = sorted.slice(0, this.limits.families)
    const detailed = affordable(listed, this.limits.slots)
    const families: PageFamily[] = []
    for (const family of listed) families.push(await this.families.read(family, detailed.has(family), pause))
    const others = sorted.slice(listed.length)
    return {
      at: timestamp,
      seconds: (monotonicNow() - began) / 1000,
      location: this.source.location(),
      live,
      ...(workers !== undefined && { workers }),
      families,
      omitted: { families: others.length, series: others.reduce((sum, family) => sum + seriesOf(family), 0) },
      faults: faults.slice(0, mostFaults).map(({ message }) => message),
    }
  }

  private workersOf({ writers, applications }: Gathered): readonly PageWorker[] | undefined {
    if (writers !== undefined) return this.watchOf(undefined).look(writers)
    return applications?.flatMap(({ application, writers: those }) =>
      this.watchOf(application)
        .look(those)
        .map((worker) => ({ application, ...worker })),
    )
  }

  private watchOf(application: string | undefined): WorkerWatch {
    let watch = this.watches.get(application)
    if (watch === undefined) {
      watch = new WorkerWatch(this.source.sample, this.source.supervised)
      this.watches.set(application, watch)
    }
    return watch
  }
}

/** Returns the families that are read: the small ones first, so that a large one does not displace many others. */
function affordable(families: readonly Family[], slots: number): ReadonlySet<Family> {
  const chosen = new Set<Family>()
  let rest = slots
  for (const family of [...families].sort((a, b) => costOf(a) - costOf(b))) {
    rest -= costOf(family)
    if (rest < 0) break
    chosen.add(family)
  }
  return chosen
}

function seriesOf(family: Family): number {
  return 'order' in family ? family.order.length : family.samples.length
}
