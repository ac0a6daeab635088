export const metricNames = ['jobs_total', 'level', 'wait'] as const
export type MetricName = (typeof metricNames)[number]

export interface Labels {
  readonly path: string
  readonly shard: string
}

interface Waits {
  readonly count: number
  readonly sum: number
}

/** The numbers that the processes of an application should show together, in maps. */
export class ApplicationModel {
  /** The living processes, each with its gauges by series. */
  readonly living = new Map<number, Map<string, number>>()
  private jobs = new Map<string, number>()
  private waits = new Map<string, Waits>()

  /** If all processes have ended, the next one begins a new run. */
  spawn(who: number): void {
    if (this.living.size === 0) {
      this.jobs = new Map()
      this.waits = new Map()
    }
    this.living.set(who, new Map())
  }

  kill(who: number): void {
    this.living.delete(who)
  }

  inc(labels: Labels, amount: number): void {
    const key = keyOf(labels)
    this.jobs.set(key, (this.jobs.get(key) ?? 0) + amount)
  }

  set(who: number, labels: Labels, value: number): void {
    this.living.get(who)!.set(keyOf(labels), value)
  }

  observe(labels: Labels, value: number): void {
    const key = keyOf(labels)
    const { count, sum } = this.waits.get(key) ?? { count: 0, sum: 0 }
    this.waits.set(key, { count: count + 1, sum: sum + value })
  }

  /** Removes from the whole application the series whose labels have these values; all without any values. */
  remove(name: MetricName, labels: Partial<Labels>): void {
    const maps: Map<string, unknown>[] =
      name === 'level' ? [...this.living.values()] : [name === 'wait' ? this.waits : this.jobs]
    for (const map of maps) for (const key of [...map.keys()]) if (fits(key, labels)) map.delete(key)
  }

  /** The samples of a scrape, without buckets. */
  samples(): Record<string, number> {
    const samples: Record<string, number> = {}
    for (const [key, value] of this.jobs) samples[`jobs_total{${key}}`] = value
    for (const [key, { count, sum }] of this.waits) {
      samples[`wait_count{${key}}`] = count
      samples[`wait_sum{${key}}`] = sum
    }
    for (const gauges of this.living.values()) {
      for (const [key, value] of gauges) samples[`level{${key}}`] = (samples[`level{${key}}`] ?? 0) + value
    }
    return samples
  }
}

function keyOf({ path, shard }: Labels): string {
  return `path="${path}",shard="${shard}"`
}

function fits(key: string, labels: Partial<Labels>): boolean {
  return Object.entries(labels).every(([name, value]) => key.includes(`${name}="${value}"`))
}
