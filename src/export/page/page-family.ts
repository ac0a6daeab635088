/** A label of a family, and how many values it has. */
export interface CountedLabel {
  readonly name: string
  readonly values: number
}

/** A family as the page receives it: its sums over all series, of which the page computes rates and quantiles. */
export interface PageFamily {
  readonly name: string
  readonly type: string
  readonly help: string
  readonly series: number
  /** The sum of all series; for a histogram or summary, the number of observations. Omitted beyond the limit. */
  readonly total?: number
  /** For a histogram or summary: the sum of the observations. */
  readonly observed?: number
  /** The upper bounds of a histogram's buckets, without the infinite one. */
  readonly bounds?: readonly number[]
  /** The observations in each bucket, not cumulative. */
  readonly buckets?: readonly number[]
  /** The labels, the one with the most values first. */
  readonly labels: readonly CountedLabel[]
  /** For a family with a label for the status of a response: the total of each status. */
  readonly statuses?: Readonly<Record<string, number>>
  /** For a state set or a family of one label with few values: the value of each. */
  readonly values?: Readonly<Record<string, number>>
}
