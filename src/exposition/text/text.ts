import type { Dialect } from './dialect.js'
import { escapeHelp } from './escape.js'
import { withSuffix } from './family-name.js'
import { formatNumber } from './number.js'

/** The name of a type in this format. */
const types: ReadonlyMap<string, string> = new Map([
  ['counter', 'counter'],
  ['gauge', 'gauge'],
  ['histogram', 'histogram'],
  ['summary', 'summary'],
  ['info', 'gauge'],
  ['stateset', 'gauge'],
])

/**
 * Prometheus text format 0.0.4.
 *
 * Source: https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export const text: Dialect = {
  contentType: 'text/plain; version=0.0.4; charset=utf-8',
  familyName: ({ name, type }) => (type === 'info' ? withSuffix(name, '_info') : name),
  heading(family) {
    const name = this.familyName(family)
    return `# HELP ${name} ${escapeHelp(family.help)}\n# TYPE ${name} ${types.get(family.type) ?? 'untyped'}\n`
  },
  // As the user wrote it, with `_total` or without, because dashboards use that name.
  counterName: (name) => name,
  formatBound: formatNumber,
  created: false,
  keepsCreated: false,
  exemplars: false,
  sumBelowZero: true,
  conform(family) {
    if (family.type !== 'info') return [family]
    return [{ ...family, samples: family.samples.map((one) => ({ ...one, name: withSuffix(one.name, '_info') })) }]
  },
  ending: '',
}
