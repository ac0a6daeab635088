import type { Worker } from 'node:worker_threads'
import { portMetrics } from '../../instrument/port/port-metrics.js'
import { MetricsError, reasonOf } from '../../model/errors.js'
import { holdAwaited } from '../../platform/held.js'
import { startOwnThread } from '../../platform/own-thread.js'
import { clearInterval, clearTimeout, setImmediate, setInterval, setTimeout } from '../../platform/timers.js'
import { SharedBackend } from '../../store/shared/shared-backend.js'
import { environmentNamesBackend } from '../backend/backend-choice.js'
import { directoryFromEnvironment, directoryFromParent, ownDirectory } from '../directory/application-directory.js'
import { targetThreadFile } from '../package-files.js'
import type { ProcessContext } from '../process-context.js'
import { AnnouncementMetrics } from './announcement-metrics.js'
import {
  errorFrom,
  type TargetNews,
  type TargetRequest,
  type TargetSettings,
  type TargetThreadData,
} from './thread-messages.js'

/** Milliseconds between two checks whether the process still counts in the same directory. */
const interval = 1000
/** Milliseconds for which a process that ends waits until its target is withdrawn. */
const lastWait = 500
/** Milliseconds after which a thread that does not stop is ended. */
const longestStop = 5000
/** Milliseconds until a thread that has ended is started again; doubled after each end. */
const firstPause = 1000
const longestPause = 60_000

/** The target of this process: an endpoint that shows the series of this process only. */
export interface WorkerTarget {
  /** The URL of the metrics; undefined while every port of the range is taken. */
  readonly url: string | undefined
  /** `host:port`, as it is announced. */
  readonly address: string | undefined
  /** Withdraws the target and closes the port. A second call does nothing. */
  close(): Promise<void>
}

/** Runs the thread of the target, and replaces it when the process counts in another directory. */
export class ProcessTarget implements WorkerTarget {
  url: string | undefined
  address: string | undefined
  private thread: Worker | undefined
  private withdrawn = new Int32Array(new SharedArrayBuffer(4))
  private directory: string | undefined
  private defaultLabels = ''
  private timer: NodeJS.Timeout | undefined
  private restart: NodeJS.Timeout | undefined
  private pause = firstPause
  private reported = false
  private closing: Promise<void> | undefined
  /** The announcements that have succeeded, and those that fail. */
  private readonly announcements = new Set<string>()
  private readonly failing = new Set<string>()
  private readonly metrics: AnnouncementMetrics
  private readonly events: ReturnType<typeof portMetrics>
  /** Settles the promise of `start()`; undefined once that is done. */
  private starting: { resolve(): void; reject(cause: unknown): void } | undefined
  private readonly atExit = (): void => this.leave()

  static {
    holdAwaited(ProcessTarget.prototype, 'close')
  }

  constructor(
    private readonly settings: TargetSettings,
    private readonly context: ProcessContext,
    private readonly onClose: () => void,
  ) {
    this.metrics = new AnnouncementMetrics(context)
    this.events = portMetrics(context)
  }

  async start(): Promise<this> {
    // After this turn, so that configure() at the beginning of the application runs first.
    await new Promise<void>((resolve) => setImmediate(resolve))
    try {
      await new Promise<void>((resolve, reject) => {
        this.starting = { resolve, reject }
        this.look()
      })
    } catch (cause) {
      await this.close()
      throw cause
    }
    return this
  }

  close(): Promise<void> {
    this.closing ??= this.end()
    return this.closing
  }

  /** Starts the thread when the process counts in a directory, and again when that is another one. */
  private look(): void {
    this.timer ??= setInterval(() => this.look(), interval).unref()
    let directory: string | undefined
    try {
      directory = this.directoryInUse()
    } catch (cause) {
      this.fail(cause as MetricsError)
    }
    if (directory !== this.directory) {
      this.directory = directory
      void this.stopThread().then(() => this.startThread())
    }
    const labels = JSON.stringify(this.context.registry.contents.defaults.labels)
    if (labels === this.defaultLabels) return
    this.defaultLabels = labels
    this.ask({ kind: 'defaultLabels', labels: JSON.parse(labels) })
  }

  /** @throws MetricsError `START_FAILED` if the process counts neither in memory nor in a directory */
  private directoryInUse(): string | undefined {
    const { context } = this
    if (context.inUse.name === 'memory') {
      // A directory that cannot be used at the moment is joined later.
      const named = directoryFromEnvironment() ?? directoryFromParent()
      if (named !== undefined) return this.wait(named)
      if (environmentNamesBackend()) throw noDirectory('memory, because the backend of the environment cannot be used')
      context.configure({ dir: ownDirectory() })
    }
    const { inUse } = context
    // Without a seat, there would be nothing to announce.
    context.store()
    if (inUse instanceof SharedBackend) return inUse.directory
    throw noDirectory(inUse.name)
  }

  private wait(directory: string): undefined {
    const text = `the target of this process is opened when the process can count in ${directory}`
    this.report(new MetricsError('DIRECTORY_UNUSABLE', text))
    this.settle()
  }

  private startThread(): void {
    const { directory, context, settings } = this
    if (directory === undefined || this.closing !== undefined || this.thread !== undefined) return
    this.withdrawn = new Int32Array(new SharedArrayBuffer(4))
    const data: TargetThreadData = {
      ...{ settings, directory, withdrawn: this.withdrawn },
      workerLabel: context.workerLabel,
      defaultLabels: context.registry.contents.defaults.labels,
      created: context.showsCreated(),
    }
    const thread = startOwnThread(targetThreadFile(), data)
    this.thread = thread
    thread.on('message', (news: TargetNews) => this.hear(news))
    // A listener of messages keeps the process running.
    thread.unref()
    thread.on('error', (cause) => this.fail(new MetricsError('SERVER_FAILED', failedText(cause), { cause })))
    thread.once('exit', () => this.ended(thread))
    process.off('exit', this.atExit)
    process.once('exit', this.atExit)
  }

  private hear(news: TargetNews): void {
    const { context, metrics, events } = this
    if (news.kind === 'opened') this.opened(news)
    else if (news.kind === 'announced') this.announced(news.by, news.address)
    else if (news.kind === 'refused') events.refused(news.reason, news.count)
    else if (news.kind === 'certificates') events.certificates(news.certificates)
    else if (news.kind === 'failed') this.fail(errorFrom(news.error))
    else {
      if (news.kind === 'announceFailed') {
        this.failing.add(news.by)
        metrics.failed(news.by)
      }
      const error = errorFrom(news.error)
      if (news.kind !== 'taken') context.onError(error)
      else this.report(error)
      if (news.kind === 'taken') this.settle()
    }
  }

  private announced(by: string, address: string): void {
    this.announcements.add(by)
    this.metrics.set(by, true)
    if (this.failing.delete(by)) this.context.exportRecovered(by, `the target ${address} is announced again`)
  }

  private opened({ url, address }: { readonly url: string; readonly address: string }): void {
    this.url = url
    this.address = address
    this.pause = firstPause
    this.reported = false
    this.context.log.info(`metrics of this process at ${url}`, { event: 'workerTarget', url, address })
    this.settle()
  }

  private settle(): void {
    this.starting?.resolve()
    this.starting = undefined
  }

  /** A fault during the start is thrown; a later one is reported. */
  private fail(error: MetricsError): void {
    const { starting } = this
    this.starting = undefined
    if (starting === undefined) this.report(error)
    else starting.reject(error)
  }

  /** Reports the first fault of an outage. */
  private report(error: MetricsError): void {
    if (!this.reported) this.context.onError(error)
    this.reported = true
  }

  private ended(thread: Worker): void {
    if (thread !== this.thread) return
    this.lose()
    if (this.closing !== undefined) return
    this.restart = setTimeout(() => this.startThread(), this.pause).unref()
    this.pause = Math.min(this.pause * 2, longestPause)
  }

  private lose(): void {
    this.thread = undefined
    this.url = undefined
    this.address = undefined
    for (const by of this.announcements) this.metrics.set(by, false)
    this.announcements.clear()
  }

  private ask(request: TargetRequest): void {
    this.thread?.postMessage(request)
  }

  /** Resolves when the thread has withdrawn the target and has ended. */
  private async stopThread(): Promise<void> {
    clearTimeout(this.restart)
    const { thread } = this
    this.lose()
    if (thread === undefined) return
    const ended = new Promise<void>((resolve) => thread.once('exit', () => resolve()))
    thread.postMessage({ kind: 'stop' } satisfies TargetRequest)
    const timer = setTimeout(() => void thread.terminate(), longestStop).unref()
    await ended
    clearTimeout(timer)
  }

  private async end(): Promise<void> {
    clearInterval(this.timer)
    process.off('exit', this.atExit)
    await this.stopThread()
    this.onClose()
  }

  /** The process ends: the thread has time to withdraw the target. */
  private leave(): void {
    if (this.thread === undefined || this.address === undefined) return
    this.ask({ kind: 'stop' })
    Atomics.wait(this.withdrawn, 0, 0, lastWait)
  }
}

function noDirectory(where: string): MetricsError {
  const text = `startWorkerTarget: the target of a process reads its series from a shared directory, and this process counts in ${where}. Count in a directory (PROMHIVE_DIR, or configure({ dir })), or scrape the merged metrics with startMetricsServer()`
  return new MetricsError('START_FAILED', text)
}

function failedText(cause: unknown): string {
  return `the thread of this process's target has failed (${reasonOf(cause)}); it is started again`
}
