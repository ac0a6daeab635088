import { Merger } from '../../gather/merge.js'
import type { FamilyTable } from '../../model/family.js'
import { isCumulative, rulesOf } from '../../model/layout/metric-types.js'
import { Slices } from '../../platform/slices.js'
import { monotonicNow } from '../../platform/timers.js'
import type { Source, WriterSnapshot } from '../../store/contract.js'
import { opened } from '../../store/core/series-log.js'
import { sampleProcess } from '../../supervisor/process-sample.js'

export interface WorkerLine {
  /** The value of its label `worker`. */
  readonly worker: string
  /** The pid of a process of this machine, and its thread; the name of a writer in Redis. */
  readonly owner: string
  readonly live: boolean
  readonly since: number
  readonly series: number
  /** Share of one processor since the last reading, 0 to 1 and above; undefined at the first reading. */
  readonly cpu: number | undefined
  readonly residentBytes: number | undefined
}

export interface FamilyLine {
  readonly name: string
  readonly type: string
  readonly series: number
  /** The sum over all series; for a histogram or summary, the number of observations. */
  readonly total: number
  /** Its increase per second since the last reading; undefined for values that may decrease, and at the first reading. */
  readonly rate: number | undefined
  /** The mean of the observations since the last reading. */
  readonly mean: number | undefined
}

export interface View {
  readonly workers: readonly WorkerLine[]
  readonly families: readonly FamilyLine[]
  readonly faults: readonly string[]
}

interface Sums {
  readonly total: number
  /** For histograms and summaries: the sum of the observations. */
  readonly observed: number
}

/** Reads a source repeatedly, and compares each reading with the previous one. */
export class Viewer {
  private readonly merger = new Merger()
  private sums = new Map<string, Sums>()
  private cpu = new Map<number, number>()
  private lookedAt = 0

  constructor(private readonly source: Source) {}

  async look(): Promise<View> {
    const pause = new Slices()
    const { writers, errors } = await this.source.read(pause)
    const merged = await this.merger.merge(writers, pause)
    const now = monotonicNow() / 1000
    const elapsed = this.lookedAt === 0 ? undefined : now - this.lookedAt
    this.lookedAt = now
    const used = new Map<number, number>()
    // Totals of dead processes have no seat.
    const workers = writers
      .filter(({ seat, guest }) => seat > 0 && !guest)
      .map((each): WorkerLine => {
        const { seat, worker = String(seat), live, startedAt, log } = each
        const { pid, owner } = ownerOf(each)
        const sample = live && pid !== undefined ? sampleProcess(pid) : undefined
        if (sample !== undefined) used.set(pid!, sample.cpuSeconds)
        const before = pid === undefined ? undefined : this.cpu.get(pid)
        const cpu = sample && elapsed && before !== undefined ? (sample.cpuSeconds - before) / elapsed : undefined
        const residentBytes = sample?.residentBytes
        return { worker, owner, live, since: startedAt, series: seriesIn(log.kinds), cpu, residentBytes }
      })
    this.cpu = used
    const families = this.families(merged.tables, elapsed)
    return { workers, families, faults: [...errors, ...merged.errors].map(({ message }) => message) }
  }

  private families(tables: readonly FamilyTable[], elapsed: number | undefined): FamilyLine[] {
    const sums = new Map<string, Sums>()
    const lines = tables.map((table): FamilyLine => {
      const { family, order } = table
      const id = JSON.stringify([family.registry, family.name])
      const now = sumsOf(table)
      sums.set(id, now)
      const before = this.sums.get(id)
      const grows = isCumulative(family.type)
      const grown = grows && before !== undefined ? Math.max(0, now.total - before.total) : undefined
      const rate = grown === undefined || elapsed === undefined ? undefined : grown / elapsed
      const mean = grown && family.type !== 'counter' ? (now.observed - before!.observed) / grown : undefined
      return { name: family.name, type: family.type, series: order.length, total: now.total, rate, mean }
    })
    this.sums = sums
    return lines
  }
}

/** Writers in Redis may run on any machine, so their pids are not shown. */
function ownerOf({ writer, process }: WriterSnapshot): { readonly pid?: number; readonly owner: string } {
  const match = /^\d+-(\d+)-(\d+)-[^~]*$/.exec(writer)
  if (match === null) return { owner: process ?? writer }
  const [, pid, thread] = match
  return { pid: Number(pid), owner: thread === '0' ? pid! : `${pid} thread ${thread}` }
}

function sumsOf({ family, order, bases, slots, layout }: FamilyTable): Sums {
  const rules = rulesOf(family)
  let total = 0
  let observed = 0
  for (const row of order) {
    const series = rules?.total?.(slots, bases[row]!, layout)
    total += series?.total ?? 0
    observed += series?.observed ?? 0
  }
  return { total, observed }
}

/** The number of opened series minus that of removed ones. */
function seriesIn(kinds: ArrayLike<number>): number {
  let series = 0
  for (let i = 0; i < kinds.length; i++) series += kinds[i] === opened ? 1 : -1
  return series
}
