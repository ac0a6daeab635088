import { MetricsError } from '../../model/errors.js'
import { checkOptions, type OptionNames } from '../../model/known-options.js'
import { checkLabelNames, isLabelObject, type LabelValue } from '../../model/label-set.js'
import { describe } from '../../model/metric-name.js'

/** The name of a group of a Pushgateway: its job, and further labels. */
export interface GroupingKey {
  /** The value of the label `job`. */
  readonly jobName?: string | undefined
  /** More labels of the group, which every sample gets. */
  readonly groupings?: Readonly<Record<string, LabelValue>> | undefined
}

const known = { jobName: true, groupings: true } as const satisfies OptionNames<GroupingKey>

/**
 * Returns the path of a group, below the address of the Pushgateway: `/metrics/job/nightly/shop/7`.
 *
 * A value that a path cannot contain is sent as base64, under `name@base64`.
 *
 * @throws MetricsError `OPTION_INVALID` without a job; `LABEL_NAME_INVALID`, `LABEL_RESERVED` or `LABEL_MISSING`, with
 * the name of the grouping
 * @see https://github.com/prometheus/pushgateway#url
 */
export function groupingPath(key: GroupingKey, requireJobName: boolean): string {
  checkOptions('a push', key, known)
  const { jobName, groupings } = key
  const groupLabels = groupings ?? {}
  if (!isLabelObject(groupLabels)) {
    throw new MetricsError(
      'OPTION_INVALID',
      `groupings must be an object of label values, got ${describe(groupLabels)}`,
    )
  }
  checkLabelNames('groupings', Object.keys(groupLabels))
  const hasJob = jobName !== undefined && jobName !== null && jobName !== ''
  if (!hasJob && requireJobName) {
    const way = "pass { jobName: 'nightly', … }, or make the Pushgateway with { requireJobName: false }"
    throw new MetricsError('OPTION_INVALID', `Missing jobName parameter: ${way}`)
  }
  if (hasJob && Object.hasOwn(groupLabels, 'job')) {
    throw new MetricsError('LABEL_RESERVED', 'groupings: "job" is what jobName gives already; rename yours')
  }
  const labels = Object.entries(hasJob ? { job: jobName, ...groupLabels } : groupLabels)
  // A Pushgateway requires the job first.
  labels.sort(([a], [b]) => Number(b === 'job') - Number(a === 'job'))
  return `/metrics${labels.map(([name, value]) => piece(name, value)).join('')}`
}

function piece(name: string, value: unknown): string {
  if (
    typeof value !== 'string' &&
    typeof value !== 'number' &&
    typeof value !== 'bigint' &&
    typeof value !== 'boolean'
  ) {
    const what = name === 'job' ? 'jobName' : `groupings: "${name}"`
    throw new MetricsError('LABEL_MISSING', `${what} must be a text, got ${describe(value)}; an empty one is ""`)
  }
  return groupingPiece(name, String(value))
}

/** Returns a label of a group as a piece of the path. */
export function groupingPiece(name: string, text: string): string {
  // The gateway accepts base64 without padding, and a single "=" for an empty value.
  if (text === '') return `/${name}@base64/=`
  // Servers resolve dots, and read "%2F" as a slash.
  if (text === '.' || text === '..' || text.includes('/')) {
    return `/${name}@base64/${Buffer.from(text).toString('base64url')}`
  }
  // Converted to bytes first, so that half a surrogate pair becomes U+FFFD and not an error.
  return `/${name}/${encodeURIComponent(Buffer.from(text).toString())}`
}
