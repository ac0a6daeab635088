import { escaperOf } from './escape.js'

/** How the labels of a series are written. */
export type StatsdFormat = 'plain' | 'graphite' | 'influxdb' | 'dogstatsd'

/** A label of a series, in the order in which it is written. */
export type Label = readonly [name: string, value: string]

/** One way to write a series. */
export interface SeriesFormat {
  /** The part of a line before the value. */
  head(name: string, labels: readonly Label[]): string
  /** The part of a line after the type. */
  tail(labels: readonly Label[]): string
}

/** A metric's name has no other reserved character. */
const nameEscaped = escaperOf(/:/)
const plainEscaped = escaperOf(/[^\w-]/)
const graphiteEscaped = escaperOf(/[^\w.-]/)
const influxEscaped = escaperOf(/[\s,:|=@#\\"\p{Cc}]/u)
const dogEscaped = escaperOf(/[,|\p{Cc}]/u)
const none = (): string => ''

/**
 * The formats by name.
 *
 * The server of statsd changes names: it replaces blanks and `/`, and removes what is not a letter, a digit, or one of
 * `_-.;=`. So `plain` and `graphite` escape these characters, or different series would become one.
 *
 * Source: https://github.com/statsd/statsd/blob/master/docs/metric_types.md,
 * https://graphite.readthedocs.io/en/latest/tags.html,
 * https://github.com/influxdata/telegraf/blob/master/plugins/inputs/statsd/README.md,
 * https://docs.datadoghq.com/developers/dogstatsd/datagram_shell
 */
const formats: Readonly<Record<StatsdFormat, SeriesFormat>> = {
  plain: {
    head: (name, labels) => nameEscaped(name) + joined(labels, '.', '.', plainEscaped),
    tail: none,
  },
  graphite: {
    head: (name, labels) => nameEscaped(name) + joined(labels, ';', '=', graphiteEscaped),
    tail: none,
  },
  influxdb: {
    head: (name, labels) => nameEscaped(name) + joined(labels, ',', '=', influxEscaped),
    tail: none,
  },
  dogstatsd: {
    head: (name) => nameEscaped(name),
    tail(labels) {
      const tags = joined(labels, ',', ':', dogEscaped)
      return tags === '' ? '' : `|#${tags.slice(1)}`
    },
  },
}

export const formatNames = Object.keys(formats) as readonly StatsdFormat[]

export function seriesFormat(name: StatsdFormat): SeriesFormat {
  return formats[name]
}

/** A label without a value is the same as no label, and servers refuse empty tags. */
function joined(labels: readonly Label[], before: string, between: string, escaped: (text: string) => string): string {
  let text = ''
  for (const [name, value] of labels) if (value !== '') text += `${before}${name}${between}${escaped(value)}`
  return text
}
