import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { Receiver, retriesStatus } from '../../export/remote-write/receiver.js'
import { RemoteWrite } from '../../export/remote-write/remote-write.js'
import {
  type ReceiverOptions,
  type ReceiverSettings,
  receiverOptions,
  receiverSettings,
} from '../../export/remote-write/remote-write-options.js'
import { HttpPoster } from '../../export/send/http-poster.js'
import { MetricsError } from '../../model/errors.js'
import { checkOptions, type OptionNames } from '../../model/known-options.js'
import type { LabelSet } from '../../model/label-set.js'
import { firstSet, otlpVariables } from '../../platform/environment.js'
import { packageVersion } from '../../platform/package-version.js'
import { isOnThisHost } from '../application-identity.js'
import { exportingProcess } from './exporting-process.js'
import { openHeaders, receiverLease, receiverName } from './receiver-lease.js'
import { type IntervalOptions, intervalOptions, type RunningExporter, startExporter } from './running-exporter.js'

/** Options of `startRemoteWrite()`. */
export interface RemoteWriteOptions extends ReceiverOptions, IntervalOptions {}

const known = { ...receiverOptions, ...intervalOptions } as const satisfies OptionNames<RemoteWriteOptions>

/** Seconds between two exports. */
const defaultInterval = 15

/** Milliseconds between the tries of a request, as Prometheus has them at most. */
const backOff = { first: 250, most: 5_000 }

/** Seconds without an export in which no other process can have sent, even if this one has lost its lease. */
const leastPause = 5

/** Milliseconds between two requests with types and help texts, as Prometheus sends them. */
const metadataEvery = 60_000

/** For error texts. */
const names = { usualPath: '/api/v1/write', caOption: 'tls.caFile' }

/** Bytes of the compressed requests that wait while the receiver is unavailable. */
const maxQueuedBytes = 32 * 1024 * 1024

/**
 * Sends the numbers of the whole application to a receiver of Prometheus remote write at an interval: to Prometheus
 * itself, or to a database that understands the protocol. One of all processes that call this sends, and another one when
 * it ends. Needs the package `snappyjs`.
 *
 * @param options the address, and the seconds between two exports (15); see docs/remote-write.md
 * @throws MetricsError `OPTION_INVALID`
 * @see https://prometheus.io/docs/specs/prw/remote_write_spec/
 * @example
 * const exporter = startRemoteWrite({ url: 'http://127.0.0.1:9090/api/v1/write', job: 'shop' })
 * process.once('SIGTERM', () => exporter.stop().then(() => process.exit()))
 */
export function startRemoteWrite(options: RemoteWriteOptions): RunningExporter {
  checkOptions('startRemoteWrite', options, known)
  const { interval, timeout, registry, ...place } = options
  const settings = receiverSettings(place)
  const home = exportingProcess()
  const { url, headers, tls, credentials, version, maxSamples, metadata, maxQueued } = settings
  const seconds = interval ?? defaultInterval
  const limit = timeout ?? Math.min(10, seconds)
  const poster = new HttpPoster({ url, headers, tls, timeout: limit * 1000, retries: retriesStatus, backOff, names })
  const receiver = new Receiver(poster, credentials, `promhive/${packageVersion}`)
  const job = settings.job ?? applicationName()
  const sender = {
    version,
    maxSamples,
    metadataEvery: metadata ? metadataEvery : undefined,
    queue: { exports: maxQueued, bytes: maxQueuedBytes },
    timeout: limit,
    longestPause: Math.max(2 * seconds + limit, leastPause),
    commonLabels: () => labelsOf(settings, job, home.identity()),
  }
  const destination = new RemoteWrite(poster.address, receiver, sender, {
    notice: (text) => home.warn('REMOTE_WRITE', text),
  })
  const tenant = { ...openHeaders(headers), job: settings.job, username: options.username }
  const lease = receiverLease(home, 'remoteWrite', receiverName(url, { registry }, tenant))
  return startExporter('remoteWrite', destination, { interval, timeout, registry }, defaultInterval, lease)
}

/** Several hosts that count together send the same series, so no host is part of them. */
function labelsOf({ externalLabels, instance }: ReceiverSettings, job: string, identity: string): LabelSet {
  const host = instance ?? (isOnThisHost(identity) ? hostname() : undefined)
  return { job, ...(host !== undefined && { instance: host }), ...externalLabels }
}

/**
 * Returns the name of the application. Two applications with the same name would send different values of the same series,
 * so no name is made up.
 *
 * @throws MetricsError `OPTION_INVALID` if it has none
 */
function applicationName(): string {
  const [, name] = firstSet(otlpVariables.serviceName) ?? []
  if (name !== undefined) return name.trim()
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    const found = nameIn(join(folder, 'package.json'))
    if (found !== undefined) return found
    if (folder === dirname(folder)) break
  }
  const text =
    'startRemoteWrite: job is missing, the name under which Prometheus stores the application; set the option job, or OTEL_SERVICE_NAME'
  throw new MetricsError('OPTION_INVALID', text)
}

function nameIn(manifest: string): string | undefined {
  try {
    const { name } = JSON.parse(readFileSync(manifest, 'utf8')) as { name?: unknown }
    return typeof name === 'string' && name !== '' ? name : undefined
  } catch {
    return undefined
  }
}
