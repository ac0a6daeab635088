import type { Dialect } from '../text/dialect.js'
import { escapeLabelValue } from '../text/escape.js'
import { withoutSuffix, withSuffix } from '../text/family-name.js'
import { formatGoNumber } from '../text/number.js'
import { conform } from './conform.js'

/**
 * OpenMetrics 1.0.
 *
 * Source: https://prometheus.io/docs/specs/om/open_metrics_spec/
 */
export const openMetrics: Dialect = {
  contentType: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
  // Samples end in `_total` and `_info`, families do not.
  familyName({ name, type }) {
    if (type === 'counter') return withoutSuffix(name, '_total')
    return type === 'info' ? withoutSuffix(name, '_info') : name
  },
  heading(family) {
    const name = this.familyName(family)
    const { type, unit, help } = family
    // The format forbids a unit that is not in the name, and units of types without a measure.
    const measured = unit && type !== 'info' && type !== 'stateset' && name.endsWith(`_${unit}`)
    const unitLine = measured ? `# UNIT ${name} ${unit}\n` : ''
    return `# TYPE ${name} ${type}\n${unitLine}# HELP ${name} ${escapeLabelValue(help)}\n`
  },
  counterName: (name) => withSuffix(name, '_total'),
  formatBound: formatGoNumber,
  created: true,
  keepsCreated: true,
  exemplars: true,
  sumBelowZero: false,
  conform: (family) => conform(family),
  ending: '# EOF\n',
}

/** The format that Prometheus requested before 1.0: the same text under an older name. */
export const openMetrics001: Dialect = {
  ...openMetrics,
  contentType: 'application/openmetrics-text; version=0.0.1; charset=utf-8',
}
