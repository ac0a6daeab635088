import { statSync } from 'node:fs'
import type { Exposition } from '../../export/contract.js'
import { targetsRoute } from '../../export/discovery/targets-route.js'
import type { Route } from '../../export/http/route-table.js'
import type { PageSource } from '../../export/page/page-source.js'
import { ApplicationGatherer } from '../../gather/application-gatherer.js'
import { ApplicationsGatherer } from '../../gather/applications/applications-gatherer.js'
import type { Gatherer } from '../../gather/gatherer.js'
import { type ReadinessCheck, readingCheck } from '../../gather/readiness.js'
import type { AnnouncedTarget } from '../../model/announced-target.js'
import { MetricsError } from '../../model/errors.js'
import type { SampleFamily } from '../../model/family.js'
import type { Lease } from '../../model/lease.js'
import { perWorkerByEnvironment } from '../../runtime/configure-options.js'
import { pageOf } from '../../runtime/exporters/page.js'
import { targetsIn } from '../../runtime/targets/targets-in.js'
import { GuestSeat } from '../../store/shared/guest-seat.js'
import { directoryGatherer } from '../directory-gatherer.js'
import { openService } from '../redis/open-service.js'
import type { RedisTarget } from '../redis/redis-arguments.js'
import { expositionOf, sourceGatherer } from '../source-exposition.js'
import type { NamedDirectory } from './directory-arguments.js'
import { DirectoryLease } from './directory-lease.js'
import { probeRoute } from './probe-route.js'
import { someReady } from './some-ready.js'

/** What a port of `promhive serve` shows. */
export interface Served {
  /** The directory or service, for the log. */
  readonly name: string
  readonly exposition: Exposition
  /** What exporters send. */
  readonly gatherer: Gatherer
  /** Returns the lease of an exporter. */
  readonly lease: (exporter: string) => Lease
  /** Where a process outside keeps what exporters have sent; undefined if there is no such place. */
  readonly guest?: GuestSeat
  readonly readiness: ReadinessCheck
  readonly routes: readonly Route[]
  /** What the page for people shows. */
  readonly page: PageSource
  close(): Promise<void>
}

export interface ServedOptions {
  /** Shows only this registry; by default all of them. */
  readonly registry: string | undefined
  /** Whether every series has the number of its worker; by default, what the environment names. */
  readonly perWorker: boolean | undefined
  readonly report: (error: MetricsError) => void
  /** Returns families of the port. */
  readonly ownFamilies: () => readonly SampleFamily[]
}

/**
 * Serves the directory of one application.
 *
 * @throws MetricsError `DIRECTORY_UNUSABLE` if the path is not a directory
 */
export function servedDirectory(directory: string, options: ServedOptions): Served {
  // The directory may not exist yet, because the application may start later.
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() === false) {
    throw new MetricsError('DIRECTORY_UNUSABLE', `${directory} is not a directory`)
  }
  const everything = directoryGatherer(directory, options.report, options.perWorker)
  const gatherer = new ApplicationGatherer(everything, options)
  return {
    name: directory,
    exposition: readAhead(expositionOf(gatherer)),
    gatherer,
    lease: (exporter) => new DirectoryLease([directory], exporter),
    guest: new GuestSeat(directory, options.report),
    readiness: readingCheck(() => everything),
    routes: [targetsRoute(() => targetsIn(directory))],
    page: pageOf(gatherer, () => `directory ${directory}`),
    close: async () => {},
  }
}

/**
 * Serves the directories of several applications: all together, and each by its name. A directory that cannot be read does
 * not affect the others, neither now nor later.
 */
export function servedApplications(directories: readonly NamedDirectory[], options: ServedOptions): Served {
  const { registry, report } = options
  const applications = directories.map(({ name, directory }) => {
    const everything = directoryGatherer(directory, report, options.perWorker)
    return { name, everything, gatherer: new ApplicationGatherer(everything, { registry }) }
  })
  const together = new ApplicationsGatherer(applications, {
    onError: report,
    ...(registry === undefined && { ownFamilies: options.ownFamilies }),
  })
  const separate = new Map(applications.map(({ name, gatherer }) => [name, expositionOf(gatherer)]))
  const checks = applications.map(({ name, everything }) => ({ name, check: readingCheck(() => everything) }))
  const locations = directories.map(({ name, directory }) => `${name}=${directory}`).join(', ')
  return {
    name: locations,
    exposition: readAhead(expositionOf(together)),
    gatherer: together,
    lease: (exporter) =>
      new DirectoryLease(
        directories.map(({ directory }) => directory),
        exporter,
      ),
    readiness: someReady(checks),
    page: pageOf(together, () => locations),
    routes: [probeRoute(separate), targetsRoute(() => directories.flatMap(targetsOf))],
    close: async () => {},
  }
}

/**
 * Reads all writers before the first scrape, which then takes as long as later ones, and reports at once what cannot be
 * read.
 */
function readAhead(exposition: Exposition): Exposition {
  // The fault was reported, and the next scrape reads again.
  exposition.expose().catch(() => {})
  return exposition
}

/** Returns the targets of one of several applications, each with its name. */
function targetsOf({ name: application, directory }: NamedDirectory): AnnouncedTarget[] {
  return targetsIn(directory).map((target) => ({ ...target, labels: { application, ...target.labels } }))
}

/** Serves the application that counts in Redis. */
export function servedService(
  target: RedisTarget,
  { onRecovered, ...options }: ServedOptions & { readonly onRecovered: () => void },
): Served {
  const { report: onError, perWorker: keepsSeats = perWorkerByEnvironment() } = options
  const service = openService(target, { onError, keepsSeats, onRecovered })
  service.start()
  const everything = sourceGatherer(() => service.openSource(), options.report, options.perWorker)
  const gatherer = new ApplicationGatherer(everything, options)
  const exposition = readAhead(expositionOf(gatherer))
  const close = (): Promise<void> => service.close()
  const readiness = readingCheck(() => everything)
  const page = pageOf(gatherer, () => target.name)
  const lease = (exporter: string): Lease => service.lease(exporter)
  return { name: target.name, exposition, gatherer, lease, readiness, routes: [], page, close }
}
