import { Formatters } from '../exposition/formatters.js'
import { SourceGatherer } from '../gather/source-gatherer.js'
import type { Nameless, RegisteredMetric, RemovalWatcher } from '../metric/context.js'
import type { MetricValues } from '../metric/metric-values.js'
import { defaultRegistryName, type FamilyDescriptor } from '../model/descriptor.js'
import { MetricsError } from '../model/errors.js'
import { givenOptions } from '../model/known-options.js'
import type { LabelSet, WorkerLabel } from '../model/label-set.js'
import { inMemory } from '../platform/environment.js'
import { isMainThread } from '../platform/loaded-builtins.js'
import { absolutePath } from '../platform/paths.js'
import { testFileId } from '../platform/test-file.js'
import { setImmediate } from '../platform/timers.js'
import { KnownRegistries } from '../registry/known-registries.js'
import { Registry } from '../registry/registry.js'
import type { RegistryContext } from '../registry/registry-context.js'
import { Ticker } from '../registry/ticker.js'
import type { Backend, BackendContext, Source, Store } from '../store/contract.js'
import { carryOver } from '../store/core/carry-over.js'
import { MemoryBackend, MemoryStore } from '../store/memory/memory-backend.js'
import { shareWith, type WorkersUser } from '../store/shared/ownership.js'
import { SharedBackend, whyBuffered } from '../store/shared/shared-backend.js'
import { checkBackend, chooseBackend, closeFailed, environmentNamesBackend } from './backend/backend-choice.js'
import { withLocal } from './backend/with-local.js'
import { type ConfigureOptions, checkConfigureOptions, createdByEnvironment, perWorkerIn } from './configure-options.js'
import {
  directoryFromEnvironment,
  directoryFromParent,
  isKeptInMemory,
  isOfOneRun,
  ownDirectory,
  ownDirectoryExists,
  prepareOwnPlace,
  refusedPermission,
  sweepEndedApplications,
  userOfClusterWorkers,
} from './directory/application-directory.js'
import { sourceOf } from './directory/directory-source.js'
import { directoryFault, RefusedDirectory } from './directory/refused-directory.js'
import { seatRole } from './directory/seat-role.js'
import { Faults } from './faults.js'
import { announceThread, onFirstChild } from './first-child.js'
import { NamelessNames } from './nameless-names.js'
import { ProcessLog } from './process-log.js'
import { RemovalWatchers } from './removal-watchers.js'
import { ScopedContext } from './scoped-context.js'
import { checkAgreement, countTogether } from './supervised/supervisor-backend.js'
import { warnOfUnusedVariables } from './unused-variables.js'
import { WorkerLabelChoice } from './worker-label.js'

/** What the metrics of this process share. There is one per process, for all builds of the package. */
export class ProcessContext implements RegistryContext {
  readonly gatherer = new SourceGatherer(
    () => this.source(),
    (error) => this.onError(error),
    () => this.workerLabel,
    { reopen: () => this.closeSource(), perWorker: () => perWorkerIn(this.options) },
  )
  /** A process with something to publish joins the others by itself, after this turn, so that configure() runs first. */
  readonly ticker = new Ticker(() => setImmediate(() => this.inUse).unref())
  readonly registries = new KnownRegistries()
  readonly registry: Registry = new Registry({ name: defaultRegistryName }, this)
  private readonly local = new MemoryStore(0)
  private backend: Backend | undefined
  private opened: Source | undefined
  /** In a thread: settles when the main thread has joined as well. */
  private joining: Promise<void> | undefined
  private readonly refused = new RefusedDirectory((directory) => this.share(directory))
  private readonly labelChoice = new WorkerLabelChoice((error) => this.onError(error))
  private readonly nameless = new NamelessNames((code, text) => this.faults.warn(code, text))
  private stopListening: (() => void) | undefined
  private options: ConfigureOptions = {}
  readonly showsCreated = (): boolean => this.options.created ?? createdByEnvironment()
  private readonly watchers = new RemovalWatchers()
  private workersUser: WorkersUser | undefined
  /** Whether this process supervises or observes workers; set before it counts. */
  supervises = false
  readonly log = new ProcessLog()
  private readonly faults = new Faults(() => this.showsItself(), this.log)
  private readonly context: BackendContext & Pick<Required<BackendContext>, 'onRecovered'> = {
    onError: (error) => this.onError(error),
    onRemoved: (family, key) => this.watchers.removed(family, key),
    onRecovered: (text) => this.faults.recovered(text),
    count: (metric, amount) => this.faults.count(metric, amount),
    perWorker: () => perWorkerIn(this.options),
  }

  configure(options: ConfigureOptions, mustJoin = false): void {
    checkConfigureOptions(options)
    const { dir, backend } = options
    if (backend !== undefined) checkBackend(backend, dir)
    this.log.configure(options)
    if (options.workerLabel !== undefined) this.labelChoice.choose(options.workerLabel)
    const definedOptions = givenOptions(options)
    this.options = { ...this.options, ...definedOptions }
    this.log.debug(`configure sets ${Object.keys(definedOptions).join(', ') || 'nothing'}`, { event: 'configured' })
    if (backend !== undefined) this.useBackend(backend)
    else if (dir === inMemory) this.useBackend(new MemoryBackend())
    else if (dir !== undefined) this.share(absolutePath(dir), mustJoin)
  }

  /** Called before the directory is named, if this process runs as root and shares it with workers of another user. */
  shareWithWorkers(user: WorkersUser): void {
    this.workersUser = user
  }

  /** What this process is to its application. */
  seatRole(): ReturnType<typeof seatRole> {
    return seatRole(this.supervises)
  }

  /** The backend of this process. */
  get inUse(): Backend {
    return this.backend ?? this.choose()
  }

  store(): Store {
    return this.inUse.openStore()
  }

  localStore(): Store {
    return this.local
  }

  formatters(defaultLabels: LabelSet): Formatters {
    // Read when a format is first written, so that configure() has run by then.
    return new Formatters(defaultLabels, { created: this.showsCreated })
  }

  get workerLabel(): WorkerLabel {
    return this.labelChoice.label
  }

  apart(): ScopedContext {
    return new ScopedContext(this)
  }

  nextNameless(what: Nameless): string {
    return this.nameless.next(what)
  }

  isShared(): boolean {
    return this.backend?.shared === true
  }

  /** Reports a fault to `onError`, and logs it once as a warning; it never reaches the application. */
  onError(error: MetricsError): void {
    try {
      this.options.onError?.(error)
    } catch {
      // A throwing `onError` must not break the caller.
    }
    this.faults.record(error)
  }

  /** Logs that an exporter works again after a reported error. */
  readonly exportRecovered = (exporter: string, text: string): void => this.faults.recovered(text, exporter)

  get maxSeries(): number {
    return this.options.maxSeries ?? Number.POSITIVE_INFINITY
  }

  limited(metric: string): void {
    this.faults.limited(metric)
  }

  watchRemovals(metric: RemovalWatcher): void {
    this.watchers.add(metric)
  }

  showsItself(byDefault = this.isShared()): boolean {
    return this.options.selfMetrics ?? byDefault
  }

  read(metric: RegisteredMetric & { readonly family?: FamilyDescriptor }): Promise<MetricValues> {
    return this.gatherer.valuesOf(metric.family!)
  }

  /** Returns where numbers are stored: `memory`, `mmap`, `buffered`, `redis` or another backend, and the directory. */
  whereabouts(): { readonly backend: string; readonly directory?: string } {
    const { name, directory } = this.inUse
    return { backend: name, ...(directory !== undefined && { directory }) }
  }

  private source(): Source {
    if (this.inUse instanceof MemoryBackend && this.stopListening !== undefined && ownDirectoryExists())
      this.share(ownDirectory())
    this.refused.retry()
    this.opened ??= withLocal(sourceOf(this.backend!), this.local, this.joining, () => this.refused.incomplete)
    return this.opened
  }

  /** Chooses the backend, once, at the first count or scrape: alone in memory, or together in a directory. */
  private choose(): Backend {
    if (isKeptInMemory()) return this.useBackend(new MemoryBackend())
    if (environmentNamesBackend() && this.chooseByEnvironment()) return this.backend!
    warnOfUnusedVariables(this.log)
    const refusal = refusedPermission()
    if (refusal !== undefined) return this.unusable('', refusal)
    const directory = directoryFromEnvironment() ?? directoryFromParent()
    if (directory !== undefined) {
      this.share(directory)
    } else {
      this.backend ??= new MemoryBackend()
      this.stopListening = onFirstChild(() => this.share(ownDirectory()))
      // From now on, a thread that joins is noticed.
      if (ownDirectoryExists()) this.share(ownDirectory())
      else this.log.countingIn(this.whereabouts())
    }
    return this.backend!
  }

  /** Uses the backend that the environment names; returns false if there is none, or after a fault, which is reported. */
  private chooseByEnvironment(): boolean {
    // Counts of the backend's module while it is loaded move to the backend.
    this.backend = new MemoryBackend()
    try {
      this.useBackend(chooseBackend()!)
      return true
    } catch (cause) {
      if (this.options.strict) {
        this.backend = undefined
        throw cause
      }
      this.onError(cause as MetricsError)
      return false
    }
  }

  /** Counts in a directory from now on. */
  private share(directory: string, mustJoin = false): void {
    if (this.backend instanceof SharedBackend && this.backend.directory === directory) return
    if (this.isShared()) checkAgreement({ name: 'directory', directory })
    this.stopListening?.()
    this.stopListening = undefined
    const shared = new SharedBackend({
      ...this.context,
      directory,
      onSeat: (text) => this.log.debug(text, { event: 'seat' }),
      overflow: (seat) => new MemoryStore(seat),
      keep: isOfOneRun(directory),
      role: () => this.seatRole(),
    })
    try {
      shareWith(userOfClusterWorkers(directory) ?? this.workersUser)
      const warning = prepareOwnPlace(directory)
      if (warning !== undefined) this.faults.warn('DIRECTORY_TAKEN', warning)
      if (directory === ownDirectory()) sweepEndedApplications()
      shared.join()
    } catch (cause) {
      this.unusable(directory, cause, mustJoin)
      return
    }
    const buffered = whyBuffered(directory)
    if (buffered !== undefined) this.faults.warn('BUFFERED', buffered)
    this.moveTo(shared)
    if (!isMainThread && testFileId === undefined && directory === ownDirectory()) this.joining = announceThread()
  }

  /** Counts in a backend of the application from now on. */
  useBackend(backend: Backend): Backend {
    if (this.backend === backend) return backend
    checkAgreement(backend)
    backend.begin?.(this.context)
    this.moveTo(backend)
    return backend
  }

  /** Moves the counts to another backend. */
  private moveTo(backend: Backend): void {
    const before = this.backend
    this.stopListening?.()
    this.stopListening = undefined
    this.backend = backend
    this.refused.clear()
    this.log.countingIn(this.whereabouts())
    if (this.isShared()) this.ticker.start()
    this.closeSource()
    if (before === undefined) return
    const counted = before.openStore()
    if (!counted.series()[Symbol.iterator]().next().done)
      carryOver(counted, backend.openStore(), countTogether(before, backend))
    Atomics.add(counted.gate, 0, 1)
    void Promise.resolve(before.close?.()).catch((cause) => this.onError(closeFailed(before, cause)))
  }

  private closeSource(): void {
    this.opened?.close()
    this.opened = undefined
  }

  private unusable(directory: string, cause: unknown, mustJoin = false): Backend {
    if (mustJoin || this.options.strict) throw cause instanceof MetricsError ? cause : directoryFault(cause)
    this.backend ??= new MemoryBackend()
    const fault = directoryFault(cause, '; counting in this process alone')
    this.refused.add(directory, fault)
    if (!this.refused.retrying) this.onError(fault)
    return this.backend
  }
}
