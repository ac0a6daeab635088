import { OtlpDestination } from '../../export/otlp/otlp-destination.js'
import { OtlpEnvironment } from '../../export/otlp/otlp-environment.js'
import { isDisabled, type OtlpOptions, otlpOptions, otlpSettings } from '../../export/otlp/otlp-settings.js'
import { resourceOf } from '../../export/otlp/resource.js'
import { MetricsError } from '../../model/errors.js'
import { checkOptions, type OptionNames } from '../../model/known-options.js'
import { describe } from '../../model/metric-name.js'
import { firstSet, isOff, isOn, variables } from '../../platform/environment.js'
import { packageVersion } from '../../platform/package-version.js'
import { processEnvironment } from '../../platform/process-environment.js'
import { exportingProcess } from './exporting-process.js'
import { openHeaders, receiverLease, receiverName } from './receiver-lease.js'
import { type IntervalOptions, intervalOptions, type RunningExporter, startExporter } from './running-exporter.js'
import { amountsFor } from './stored-amounts.js'

/** Options of `startOtlp()`. */
export interface OtlpExporterOptions extends OtlpOptions, IntervalOptions {
  /** Whether to send at all: `PROMHIVE_OTLP`, then `OTEL_SDK_DISABLED` and `OTEL_METRICS_EXPORTER`; true. */
  readonly enabled?: boolean | undefined
}

const known = { ...otlpOptions, ...intervalOptions, enabled: true } as const satisfies OptionNames<OtlpExporterOptions>

/** An exporter that is disabled. */
const disabled: RunningExporter = {
  running: false,
  last: undefined,
  send: async () => 'standby',
  stop: async () => {},
}

/**
 * Sends the numbers of the whole application at an interval to a receiver of OpenTelemetry's protocol over HTTP, such as
 * an OpenTelemetry Collector. One of all processes that call this sends, and another one when it ends.
 *
 * @param options the address (`http://localhost:4318`), and the seconds between two exports (60); see docs/otlp.md.
 * Each option overrides its environment variable
 * @throws MetricsError `OPTION_INVALID`, with the option or the variable at fault
 * @see https://opentelemetry.io/docs/specs/otlp/
 * @example
 * const exporter = startOtlp({ endpoint: 'http://collector:4318', serviceName: 'shop' })
 * process.once('SIGTERM', () => exporter.stop().then(() => process.exit()))
 */
export function startOtlp(options: OtlpExporterOptions = {}): RunningExporter {
  checkOptions('startOtlp', options, known)
  const home = exportingProcess()
  const warn = (text: string): void => home.warn('VARIABLE_IGNORED', text)
  const environment = new OtlpEnvironment(processEnvironment(), warn)
  if (!isEnabled(options.enabled, environment)) return disabled
  const settings = otlpSettings({ ...options, endpoint: options.endpoint ?? addressInVariable(options) }, environment)
  const interval = options.interval ?? environment.seconds('interval', 10) ?? 60
  const timeout = options.timeout ?? Math.min(environment.seconds('timeout', 10) ?? 10, interval)
  const resource = {
    attributes: settings.resourceAttributes,
    serviceName: settings.serviceName,
    environmentAttributes: environment.text('resourceAttributes'),
    environmentName: environment.text('serviceName'),
    version: packageVersion,
  }
  // Reports a variable that is ignored once, and not at each export.
  resourceOf({ ...resource, instance: '' }, warn)
  const tenant = { ...openHeaders(settings.headers), serviceName: settings.serviceName }
  const receiver = receiverName(settings.url, options, tenant)
  const destination = new OtlpDestination(settings, {
    head: () => ({
      resource: resourceOf({ ...resource, instance: home.identity() }, () => {}),
      version: packageVersion,
    }),
    timeout: timeout * 1000,
    warn: (text) => home.warn('EXPORT_WARNING', text),
    amounts: settings.preference === 'cumulative' ? undefined : amountsFor(receiver, options.registry),
  })
  return startExporter(
    'otlp',
    destination,
    { ...options, interval, timeout },
    60,
    receiverLease(home, 'otlp', receiver),
  )
}

/** PROMHIVE_OTLP is stronger than the variables of OpenTelemetry, which may be set for its own metrics. */
function isEnabled(option: unknown, environment: OtlpEnvironment): boolean {
  if (option !== undefined && typeof option !== 'boolean') {
    throw new MetricsError('OPTION_INVALID', `startOtlp: enabled must be true or false, got ${describe(option)}`)
  }
  if (option !== undefined) return option
  if (firstSet(variables.otlp) !== undefined) return !isOff(variables.otlp)
  return !isDisabled(environment)
}

/** The address in PROMHIVE_OTLP, which may also be a word that only enables the exporter. */
function addressInVariable({ metricsEndpoint }: OtlpOptions): string | undefined {
  const [, text = ''] = firstSet(variables.otlp) ?? []
  return metricsEndpoint !== undefined || text === '' || isOn(variables.otlp) ? undefined : text
}
