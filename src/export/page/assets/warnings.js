import { figure } from './figures.js'

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

/** The texts of what needs attention. */
export function warningsOf({ families, faults, omitted, workers = [] }) {
  const byName = new Map(families.map((family) => [family.name, family]))
  const warnings = [...new Set(faults)]
  const blocked = workers.filter(({ state }) => state === 'blocked').map(({ worker }) => worker)
  if (blocked.length > 0) {
    const which = `${blocked.length === 1 ? 'worker' : 'workers'} ${blocked.join(', ')}`
    warnings.push(`The event loop of ${which} has not turned for more than 12 seconds.`)
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
  if (byName.get('promhive_backend_up')?.total === 0)
    warnings.push('The backend does not answer; the numbers are as last seen.')
  if (omitted.families > 0)
    warnings.push(`${figure(omitted.families)} families with ${figure(omitted.series)} series are not listed.`)
  return warnings
}
