import { MetricsError, reasonOf } from '../../model/errors.js'
import { describe } from '../../model/metric-name.js'
import { nearest } from '../../model/nearest-name.js'
import { firstSet, isOff, isOn, variables } from '../../platform/environment.js'
import { jsonFrom } from '../../platform/json-text.js'
import { processEnvironment } from '../../platform/process-environment.js'
import { type ExportingProcess, exportingAs } from './exporting-process.js'

/** Something that sends or serves until it is stopped. */
interface Started {
  stop(): Promise<void>
}

/** The options of an exporter, as a file, a variable or code has them. */
type Options = Readonly<Record<string, unknown>>

/** An exporter that the configuration can start. */
interface ConfigurableExporter {
  /** The environment variables for its address; the first that is set starts it. */
  readonly variables: readonly string[]
  /** The option that the variable sets. */
  readonly address: string
  /** Loads what starts it, from its front door, which is a separate file in the package. */
  readonly load: () => Promise<(options: never) => Started | Promise<Started>>
}

/** By the name below `exporters` in a configuration file. A new exporter is an entry. */
const exporters: Readonly<Record<string, ConfigurableExporter>> = {
  textFile: {
    variables: variables.textFile,
    address: 'path',
    load: async () => (await import('../../text-file.js')).startTextFile,
  },
  etcd: {
    variables: variables.etcd,
    address: 'url',
    load: async () => (await import('../../etcd.js')).announceTarget,
  },
  statsd: {
    variables: variables.statsd,
    address: 'address',
    load: async () => (await import('../../statsd.js')).startStatsd,
  },
  remoteWrite: {
    variables: variables.remoteWrite,
    address: 'url',
    load: async () => (await import('../../remote-write.js')).startRemoteWrite,
  },
  otlp: {
    variables: variables.otlp,
    address: 'endpoint',
    load: async () => (await import('../../otlp.js')).startOtlp,
  },
}

/** The exporters to start, by name, each with its options. */
export type ExporterChoice = Readonly<Record<string, Options>>

/**
 * Returns the exporters that the environment names, and their options.
 *
 * @param configured those of a configuration file or code; a variable overrides their address
 * @throws MetricsError `OPTION_INVALID` for an exporter that does not exist, or options that are none
 */
export function chosenExporters(
  configured?: unknown,
  environment: NodeJS.ProcessEnv = processEnvironment(),
): ExporterChoice {
  const chosen: Record<string, Options> = {}
  const [variable, text] = firstSet(variables.exporters, environment) ?? []
  const all = configured ?? (text === undefined ? {} : parsed(variable!, text))
  if (typeof all !== 'object' || all === null || Array.isArray(all)) {
    throw invalid(
      `${variable ?? 'exporters'} must be an object such as { "textFile": { "path": … } }, got ${describe(all)}`,
    )
  }
  for (const [name, options] of Object.entries(all)) {
    if (!Object.hasOwn(exporters, name)) throw unknown(name)
    if (options === false || options === undefined) continue
    if (options === true) chosen[name] = {}
    else if (typeof options === 'object' && options !== null && !Array.isArray(options))
      chosen[name] = options as Options
    else throw invalid(`exporters.${name} must be ${meantBy(name)}, true or false, got ${shownOf(options)}`)
  }
  for (const [name, { variables: names, address }] of Object.entries(exporters)) {
    const [, value] = firstSet(names, environment) ?? []
    if (value === undefined) continue
    if (isOff(names, environment)) delete chosen[name]
    // An exporter with a default address needs no other value.
    else if (isOn(names, environment)) chosen[name] ??= {}
    else chosen[name] = { ...chosen[name], [address]: value }
  }
  return chosen
}

/**
 * Returns the exporters of one process for all: without the announcement of the metrics port if each worker announces a
 * target of its own, because Prometheus would count everything twice.
 */
export function exportersForAll({ etcd, ...others }: ExporterChoice, workerPorts: string | undefined): ExporterChoice {
  const eachWorker = workerPorts !== undefined && workerPorts !== '' && !/^(?:off|false|no)$/i.test(workerPorts)
  return etcd === undefined || eachWorker ? others : { ...others, etcd }
}

/**
 * Starts exporters. One that cannot start is reported, and the others start.
 *
 * @param outside the process, if it is none of the application
 * @returns what stops them
 */
export async function startExporters(
  chosen: ExporterChoice,
  onError: (error: MetricsError) => void,
  outside?: ExportingProcess,
): Promise<Started> {
  const started: Started[] = []
  for (const [name, options] of Object.entries(chosen)) {
    try {
      const start = await exporters[name]!.load()
      started.push(await exportingAs(outside, () => start(options as never)))
    } catch (cause) {
      const text = `the exporter ${name} has not been started: ${reasonOf(cause)}`
      onError(new MetricsError('EXPORT_FAILED', text, { cause, reason: name }))
    }
  }
  return {
    async stop() {
      await Promise.all(started.map((each) => each.stop()))
    },
  }
}

/** Such as `options such as { "path": … }`. */
function meantBy(name: string): string {
  return `options such as { ${JSON.stringify(exporters[name]!.address)}: … }`
}

/** Without a text, which may be an address with a password. */
function shownOf(options: unknown): string {
  return typeof options === 'string' ? 'a text' : describe(options)
}

function parsed(variable: string, text: string): unknown {
  try {
    return jsonFrom(text)
  } catch (cause) {
    throw invalid(`${variable} must be JSON, or the path of a JSON file: ${reasonOf(cause)}`)
  }
}

function unknown(name: string): MetricsError {
  const meant = nearest(name, Object.keys(exporters))
  const advice = meant === undefined ? `there are ${Object.keys(exporters).join(', ')}` : `did you mean ${meant}?`
  return invalid(`there is no exporter ${JSON.stringify(name)}; ${advice}`)
}

function invalid(what: string): MetricsError {
  return new MetricsError('OPTION_INVALID', what)
}
