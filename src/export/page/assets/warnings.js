import { figure, workerName } from './figures.js'

/** What each of these families means if its total is not 0. */
const counted = [
  ['promhive_dropped_series_total', (count) => `${count} series have no space in the store and are not counted.`],
  [
    'promhive_series_limited_total',
    (count) => `${count} counts went to _overflow, because a family reached maxSeries.`,
  ],
  [
    'promhive_unreadable_files',
    (count) => `${count} files of workers cannot be read; their last good values are shown.`,
  ],
  ['promhive_scrapes_refused_total', (count) => `${count} scrapes were refused or cut off.`],
  [
    'promhive_export_dropped_samples_total',
    (count) => `${count} samples were not accepted by an exporter's destination.`,
  ],
]

/** The number of workers that are alive. A primary or supervisor counts as well, and is no worker. */
export function aliveOf(live, workers = []) {
  return live - workers.filter(({ worker, state }) => worker === 'primary' && state !== 'dead').length
}

/** The number of blocked workers: those that the page knows, or those that the metrics of a supervisor show. */
export function blockedOf(families, workers = []) {
  const state = families.find(({ name, type }) => type === 'stateset' && name.endsWith('worker_state'))
  return Math.max(workers.filter((worker) => worker.state === 'blocked').length, state?.values?.blocked ?? 0)
}

/** The texts of what needs attention. */
export function warningsOf({ families, faults, omitted, workers = [] }) {
  const byName = new Map(families.map((family) => [family.name, family]))
  const warnings = [...new Set(faults)]
  const blocked = workers.filter(({ state }) => state === 'blocked').map(workerName)
  const count = blockedOf(families, workers)
  if (count > blocked.length) {
    warnings.push(
      count === 1 ? 'The supervisor reports a blocked worker.' : `The supervisor reports ${count} blocked workers.`,
    )
  } else if (count > 0) {
    warnings.push(
      count === 1
        ? `Worker ${blocked[0]} is blocked: its event loop does not turn.`
        : `Workers ${blocked.join(', ')} are blocked: their event loops do not turn.`,
    )
  }
  for (const [name, text] of counted) {
    const total = byName.get(name)?.total ?? 0
    if (total > 0) warnings.push(text(figure(total)))
  }
  const errors = byName.get('promhive_errors_total')
  if (errors?.total > 0) {
    const codes = Object.entries(errors.values ?? {}).filter(([, total]) => total > 0)
    const named = codes.map(([code, total]) => `${code} (${figure(total)})`).join(', ')
    warnings.push(
      `promhive reported ${figure(errors.total)} errors${named === '' ? '' : `: ${named}`}; the log has the details.`,
    )
  }
  for (const [application, up] of Object.entries(byName.get('promhive_application_up')?.values ?? {}))
    if (up === 0)
      warnings.push(`Application ${application} is omitted, because it cannot be read; the log has the details.`)
  if (byName.get('promhive_backend_up')?.total === 0)
    warnings.push('The backend does not answer; the numbers are as last seen.')
  if (omitted.families > 0)
    warnings.push(`${figure(omitted.families)} families with ${figure(omitted.series)} series are not listed.`)
  return warnings
}
