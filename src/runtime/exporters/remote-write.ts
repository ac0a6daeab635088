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
import { processContext } from '../current-context.js'
import { packageVersion } from '../package-files.js'
import { type IntervalOptions, intervalOptions, type RunningExporter, startExporter } from './running-exporter.js'

/** Options of `startRemoteWrite()`. */
export interface RemoteWriteOptions extends ReceiverOptions, IntervalOptions {}

const known = { ...receiverOptions, ...intervalOptions } as const satisfies OptionNames<RemoteWriteOptions>

/** Seconds between two exports. */
const defaultInterval = 15

/** Milliseconds between the tries of a request, as Prometheus has them at most. */
const backOff = { first: 250, most: 5_000 }

/** Milliseconds between two requests with types and help texts, as Prometheus sends them. */
const metadataEvery = 60_000

/** Bytes of the compressed requests that wait while the receiver is unavailable. */
const maxQueuedBytes = 32 * 1024 * 1024

/** The backends whose processes are on one host. */
const ofOneHost = ['memory', 'mmap', 'buffered']

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
  const context = processContext()
  const { url, headers, tls, credentials, version, maxSamples, metadata, maxQueued } = settings
  const seconds = interval ?? defaultInterval
  const limit = timeout ?? Math.min(10, seconds)
  const poster = new HttpPoster({ url, headers, tls, timeout: limit * 1000, retries: retriesStatus, backOff })
  const receiver = new Receiver(poster, credentials, `promhive/${packageVersion()}`)
  const job = settings.job ?? applicationName()
  const sender = {
    version,
    maxSamples,
    metadataEvery: metadata ? metadataEvery : undefined,
    queue: { exports: maxQueued, bytes: maxQueuedBytes },
    interval: seconds,
    timeout: limit,
    commonLabels: () => labelsOf(settings, job, ofOneHost.includes(context.inUse.name)),
  }
  const destination = new RemoteWrite(poster.address, receiver, sender, {
    notice: (text) => context.log.warn('REMOTE_WRITE', text),
  })
  return startExporter('remoteWrite', destination, { interval, timeout, registry }, defaultInterval)
}

/** Several hosts that count together send the same series, so the host is not part of them. */
function labelsOf({ externalLabels, instance }: ReceiverSettings, job: string, isOneHost: boolean): LabelSet {
  const host = instance ?? (isOneHost ? hostname() : undefined)
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
