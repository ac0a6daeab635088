import { checkOptions, type OptionNames } from '../model/known-options.js'
import type { ExemplarForm } from './options.js'

const known = { labels: true, value: true, exemplarLabels: true } as const satisfies OptionNames<ExemplarForm<string>>

/**
 * Reads prom-client's object of labels, value and exemplarLabels.
 *
 * @throws MetricsError `OPTION_INVALID` for another property, because labels outside of `labels` would be lost
 */
export function readExemplarForm(metric: string, form: object): ExemplarForm<never> {
  for (const name in form) {
    if (name !== 'labels' && name !== 'value' && name !== 'exemplarLabels') checkOptions(metric, form, known)
  }
  return form as ExemplarForm<never>
}
