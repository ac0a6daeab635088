import { monotonicNow } from '../../platform/timers.js'
import type { CollectedFamily, CollectedValue, Collector } from '../../registry/collector.js'
import {
  appFamilies,
  cacheFamilies,
  coreFamilies,
  present,
  serverFamilies,
  socketFamilies,
  type UwsgiFamily,
  workerFamilies,
} from './uwsgi-families.js'
import type { UwsgiStatistics } from './uwsgi-statistics.js'

/** The parts of the collector. */
export interface UwsgiCollectorParts {
  readonly uris: readonly string[]
  /** Whether each core of a worker has its own series. */
  readonly cores: boolean
  /** Reads a stats server; rejects if it does not answer in time. */
  readonly read: (uri: string) => Promise<UwsgiStatistics>
  /** Called after each reading with its duration, and its error if it failed. */
  readonly onRead: (uri: string, seconds: number, fault: unknown) => void
}

type UwsgiLabels = Readonly<Record<string, string>>

/** Shows the statistics of uWSGI's stats servers, under the names and labels of uwsgi_exporter. */
export class UwsgiCollector implements Collector {
  readonly name = 'uwsgi'
  readonly run = 'serving'

  constructor(private readonly parts: UwsgiCollectorParts) {}

  async collect(): Promise<readonly CollectedFamily[]> {
    const { uris, cores } = this.parts
    const families = new Families()
    const readings = await Promise.all(uris.map((uri) => this.ask(uri)))
    readings.forEach((server, i) => {
      const uri = uris[i]!
      // uwsgi_exporter reads one server; the label distinguishes several.
      const labels: UwsgiLabels = uris.length === 1 ? {} : { stats_uri: uri }
      families.add('uwsgi_up', 'gauge', 'Whether the stats server answered.', labels, Number(server !== undefined))
      const failed = Number(server === undefined)
      families.add('uwsgi_exporter_last_scrape_error', 'gauge', 'Whether the last reading failed.', labels, failed)
      if (server !== undefined) families.addServer(server, { stats_uri: uri }, cores)
    })
    return families.all()
  }

  private async ask(uri: string): Promise<UwsgiStatistics | undefined> {
    const began = monotonicNow()
    let fault: unknown
    try {
      return await this.parts.read(uri)
    } catch (cause) {
      fault = cause
      return undefined
    } finally {
      this.parts.onRead(uri, (monotonicNow() - began) / 1000, fault)
    }
  }
}

interface GrowingFamily extends CollectedFamily {
  readonly values: CollectedValue[]
}

/** Families that grow while several servers are read. */
class Families {
  private readonly families = new Map<string, GrowingFamily>()
  /** Known series: if uWSGI lists a socket twice, the first one is used. */
  private readonly series = new Set<string>()

  all(): readonly CollectedFamily[] {
    return [...this.families.values()]
  }

  add(name: string, type: 'gauge' | 'counter', help: string, labels: UwsgiLabels, value: unknown): void {
    if (typeof value !== 'number' || !Number.isFinite(value)) return
    const series = JSON.stringify([name, labels])
    if (this.series.has(series)) return
    this.series.add(series)
    let family = this.families.get(name)
    if (family === undefined) this.families.set(name, (family = { name, help, type, values: [] }))
    family.values.push({ labels, value })
  }

  addServer(server: UwsgiStatistics, labels: UwsgiLabels, cores: boolean): void {
    this.addAll(serverFamilies, server, labels)
    for (const socket of server.sockets ?? []) {
      this.addAll(socketFamilies, socket, { ...labels, name: socket.name ?? '', proto: socket.proto ?? '' })
    }
    for (const worker of present(server.workers)) {
      const ofWorker = { ...labels, worker_id: String(worker.id) }
      this.addAll(workerFamilies, worker, ofWorker)
      for (const app of worker.apps ?? []) {
        const { id, mountpoint = '', chdir = '' } = app
        this.addAll(appFamilies, app, { ...ofWorker, app_id: String(id), mountpoint, chdir })
      }
      if (!cores) continue
      for (const core of worker.cores ?? []) {
        this.addAll(coreFamilies, core, { ...ofWorker, core_id: String(core.id) })
      }
    }
    for (const cache of server.caches ?? []) this.addAll(cacheFamilies, cache, { ...labels, name: cache.name ?? '' })
  }

  private addAll<T>(families: readonly UwsgiFamily<T>[], statistics: T, labels: UwsgiLabels): void {
    for (const { name, type, help, value } of families) this.add(name, type, help, labels, value(statistics))
  }
}
