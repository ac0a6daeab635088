import type { Naming } from '../../instrument/http/naming/naming.js'
import { namings } from '../../instrument/http/naming/namings.js'
import { MetricsError } from '../../model/errors.js'
import { type MetricNaming, metricNaming } from '../../supervisor/gunicorn/metric-naming.js'
import { type HttpPreset, httpPreset, usesNaming } from './http-preset.js'
import { ShownFamilies } from './shown-families.js'

/** The presets of `--preset`. The last one is the metrics of `promhive run`. */
export const presets = ['prometheus', 'opentelemetry', 'flask', 'gunicorn', 'run'] as const
export type PresetName = (typeof presets)[number]

/** What is known of an application's families. */
export interface ObservedApplication {
  readonly families: ShownFamilies
  /** Whether every family that promhive knows counts as shown. */
  readonly everything: boolean
  /** The HTTP families, in one convention. */
  readonly http: HttpPreset | undefined
  /** Other conventions that the application shows. */
  readonly others: readonly PresetName[]
  /** The names of the families of `promhive run`. */
  readonly supervisor: MetricNaming | undefined
  /** Whether it shows a family. */
  has(name: string): boolean
}

/**
 * Finds out which families an application has.
 *
 * @param families undefined for every family that promhive knows
 * @param preset the convention of the HTTP families; by default the first one that the application shows
 * @throws MetricsError `OPTION_INVALID` if there is no such preset, or the application does not show it
 */
export function observedApplication(families: ShownFamilies | undefined, preset?: string): ObservedApplication {
  if (preset !== undefined && !isPreset(preset))
    throw new MetricsError(
      'OPTION_INVALID',
      `--preset must be one of ${presets.join(', ')}, got ${JSON.stringify(preset)}`,
    )
  if (families === undefined) return everyFamily(preset ?? 'prometheus')
  const supervisor = supervisorNaming(families)
  const namingOf = (name: PresetName): Naming | undefined =>
    name === 'run' ? supervisor && runNaming(supervisor) : namings[name]
  const shown = presets.filter((name) => {
    const naming = namingOf(name)
    return naming !== undefined && usesNaming(naming, families)
  })
  if (preset !== undefined && !shown.includes(preset)) throw notShown(preset, shown)
  const [chosen = undefined] = preset === undefined ? shown : [preset]
  return {
    families,
    everything: false,
    http: chosen && httpPreset(chosen, namingOf(chosen)!, families),
    others: shown.filter((name) => name !== chosen && name !== 'run'),
    supervisor,
    has: (name) => families.has(name),
  }
}

function everyFamily(preset: PresetName): ObservedApplication {
  const supervisor = metricNaming(preset === 'gunicorn' ? 'gunicorn' : 'none', 'promhive_')
  const naming = preset === 'run' ? runNaming(supervisor) : namings[preset]
  const http = httpPreset(preset, naming, undefined)
  return { families: new ShownFamilies([]), everything: true, http, others: [], supervisor, has: () => true }
}

function isPreset(text: string): text is PresetName {
  return (presets as readonly string[]).includes(text)
}

function supervisorNaming({ all }: ShownFamilies): MetricNaming | undefined {
  if (all.some(({ name }) => name === 'gunicorn_master_worker_restart_total')) return metricNaming('gunicorn', '')
  for (const { name, labels } of all) {
    const [, prefix] = /^(.*)primary_worker_restarts_total$/.exec(name) ?? []
    if (prefix !== undefined && labels.has('reason')) return metricNaming('none', prefix)
  }
  return undefined
}

/** Returns the request families of workers in the form of a convention for HTTP metrics. */
export function runNaming({ worker, buckets }: MetricNaming): Naming {
  const byWorker = { worker_id: 'worker' } as const
  const failed = { ...byWorker, method: 'method', endpoint: 'route' } as const
  return {
    abortedStatus: '',
    server: {
      requests: { name: `${worker}requests_total`, help: '', labels: byWorker },
      duration: { name: `${worker}request_duration_seconds`, help: '', labels: byWorker, buckets },
      inFlight: { name: `${worker}requests_in_flight`, help: '', labels: byWorker },
      errors: [{ name: `${worker}failed_requests_total`, help: '', labels: failed }],
    },
  }
}

function notShown(preset: PresetName, shown: readonly PresetName[]): MetricsError {
  const found = shown.length === 0 ? 'no HTTP families' : shown.join(', ')
  const text = `--preset ${preset}: there are no families of this preset; the application shows ${found}`
  return new MetricsError('OPTION_INVALID', text)
}
