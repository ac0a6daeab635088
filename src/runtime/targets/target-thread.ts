import type { Announcement } from '../../export/discovery/announcement.js'
import { targetOf } from '../../export/discovery/target-address.js'
import { openFirstFree } from '../../export/http/port-range.js'
import { type MetricsServer, ScrapeServer } from '../../export/http/scrape-server.js'
import { Formatters } from '../../exposition/formatters.js'
import { text } from '../../exposition/text/text.js'
import { ApplicationGatherer } from '../../gather/application-gatherer.js'
import { Scrapes } from '../../gather/scrapes.js'
import { SourceGatherer } from '../../gather/source-gatherer.js'
import type { MetricsError } from '../../model/errors.js'
import type { LabelSet } from '../../model/label-set.js'
import { type Binding, loadBinding } from '../../platform/addon.js'
import { clearInterval, setInterval } from '../../platform/timers.js'
import { mainSeat } from '../../store/shared/main-seat.js'
import { isOfThisProcess } from '../../store/shared/process-facts.js'
import { workerOf } from '../../store/shared/seat-numbers.js'
import { SharedSource } from '../../store/shared/shared-source.js'
import { previousAddress } from '../../store/shared/target-file.js'
import { announcementsOf } from './announcements.js'
import { plainError, type TargetNews, type TargetThreadData } from './thread-messages.js'

/** Milliseconds between two attempts to open a port, and between two checks of the seat. */
const interval = 1000

/**
 * The target of a process, in a separate thread: an endpoint with the series of this process, read from the shared
 * directory, and its announcements. It counts nothing, so it is not a writer.
 */
export class TargetThread {
  private readonly binding: Binding | undefined = loadBinding().binding
  private readonly exposition: Scrapes
  private readonly announcements: readonly Announcement[]
  private formatters: Formatters
  private server: ScrapeServer | undefined
  private timer: NodeJS.Timeout | undefined
  private seat: number | undefined
  /** What is announced, and of which seat. */
  private address = ''
  private announced: number | undefined
  private stopping: Promise<void> | undefined

  /** @param send sends a message to the main thread */
  constructor(
    private readonly data: TargetThreadData,
    private readonly send: (news: TargetNews) => void,
  ) {
    const { directory, workerLabel, settings, defaultLabels } = data
    this.formatters = this.formattersWith(defaultLabels)
    const onError = (error: MetricsError): void => send({ kind: 'error', error: plainError(error) })
    // The seat counts as present without being read: after the directory was removed, the last good values are shown.
    const open = () => new SharedSource(directory, this.binding, () => undefined, undefined, isOfThisProcess)
    let source = open()
    const reopen = (): void => {
      source = open()
    }
    const gatherer = new SourceGatherer(
      () => source,
      onError,
      () => workerLabel,
      { reopen },
    )
    this.exposition = new Scrapes(
      new ApplicationGatherer(gatherer),
      () => this.formatters,
      () => text.contentType,
    )
    this.announcements = announcementsOf(settings, {
      directory,
      binding: this.binding,
      seat: () => this.seat!,
      events: (by) => ({
        onAnnounced: () => send({ kind: 'announced', by, address: this.address }),
        onError: (error) => send({ kind: 'announceFailed', by, error: plainError(error) }),
      }),
    })
  }

  /** Opens the endpoint as soon as a port is free, and announces it. */
  start(): void {
    void this.open()
  }

  setDefaultLabels(labels: LabelSet): void {
    this.formatters = this.formattersWith(labels)
  }

  /** Withdraws the target and closes the endpoint. Resolves when that is done. */
  stop(): Promise<void> {
    this.stopping ??= this.close()
    return this.stopping
  }

  private async open(): Promise<void> {
    const { settings, directory } = this.data
    this.seat = mainSeat(directory)
    try {
      const { port, url } = await openFirstFree(settings.ports, (port) => this.listen(port), this.portOfPredecessor())
      if (this.stopping !== undefined) return void this.server?.stop()
      const { address } = this.target(port)
      this.send({ kind: 'opened', url, address })
      await this.announce(port)
      this.timer = setInterval(() => void this.announce(port), interval)
    } catch (cause) {
      const taken = (cause as MetricsError).code === 'PORT_TAKEN'
      this.send({ kind: taken ? 'taken' : 'failed', error: plainError(cause) })
      if (this.stopping === undefined) this.timer = setInterval(() => this.retry(), interval)
    }
  }

  private retry(): void {
    clearInterval(this.timer)
    void this.open()
  }

  private async listen(port: number): Promise<MetricsServer> {
    const { host, path, tls, allowedHosts, limits } = this.data.settings
    const server = new ScrapeServer(
      { port, host, path, tls, allowedHosts, ...limits, registry: this.exposition, attempts: 1, keepAlive: true },
      {
        events: {
          refused: (reason, count) => this.send({ kind: 'refused', reason, count }),
          certificates: (certificates) => this.send({ kind: 'certificates', certificates }),
          onError: (error) => this.send({ kind: 'error', error: plainError(error) }),
        },
        nameOf: (option) => `startWorkerTarget: ${option}`,
      },
    )
    await server.start()
    this.server = server
    return server.serving!
  }

  /** The port of the process that had the seat before: with it, the successor has the address of its predecessor. */
  private portOfPredecessor(): number | undefined {
    if (this.seat === undefined) return undefined
    try {
      const [, port] = /:(\d+)$/.exec(previousAddress(this.data.directory, this.seat) ?? '') ?? []
      return port === undefined ? undefined : Number(port)
    } catch {
      return undefined
    }
  }

  /** Announces the target when the process has a seat, and again when it has another one. */
  private async announce(port: number): Promise<void> {
    this.seat = mainSeat(this.data.directory, this.seat) ?? this.seat
    if (this.seat === undefined || this.seat === this.announced || this.stopping !== undefined) return
    this.announced = this.seat
    const target = this.target(port)
    this.address = target.address
    for (const announcement of this.announcements) await announcement.start(target)
  }

  private target(port: number) {
    const { settings, workerLabel } = this.data
    const { path, tls, advertise, labels } = settings
    const number = this.seat === undefined ? '' : workerOf(this.seat)
    const worker = { [workerLabel]: workerLabel === 'pid' ? String(process.pid) : number }
    return targetOf({
      ...{ port, path, advertise, encrypted: tls !== undefined },
      labels: { ...labels, ...worker, __meta_promhive_pid: String(process.pid) },
    })
  }

  private async close(): Promise<void> {
    clearInterval(this.timer)
    // The one in the directory first, because file_sd reads from it.
    const [directory, ...others] = this.announcements
    await directory?.stop()
    await Promise.all(others.map((announcement) => announcement.stop()))
    await this.server?.stop()
    const { withdrawn } = this.data
    Atomics.store(withdrawn, 0, 1)
    Atomics.notify(withdrawn, 0)
  }

  private formattersWith(labels: LabelSet): Formatters {
    return new Formatters(labels, { created: () => this.data.created })
  }
}
