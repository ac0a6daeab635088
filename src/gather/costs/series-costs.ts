import type { MetricType } from '../../model/metric-type.js'

/** What a part of a scrape costs in one format. */
export interface SeriesCost {
  /** Series as Prometheus stores them: one per line of the exposition. */
  readonly series: number
  /** Bytes of the exposition, not compressed. */
  readonly bytes: number
}

/** The cost in each text format. OpenMetrics has a `_created` series for each counter, histogram and summary. */
export interface FormatCosts {
  readonly text: SeriesCost
  readonly openMetrics: SeriesCost
}

/** A label of a family. */
export interface LabelCost {
  readonly name: string
  /** The number of distinct values. */
  readonly values: number
  /** By how many series a merged scrape would be smaller without this label. */
  readonly saves: number
}

/** What one family costs in each deployment. */
export interface FamilyCosts {
  readonly name: string
  readonly type: MetricType
  /** The number of different label sets, without the number of the worker. */
  readonly labelSets: number
  readonly merged: FormatCosts
  readonly perWorker: FormatCosts
  readonly perTarget: FormatCosts
  /** The labels, the one that multiplies most first: `le`, `quantile` and the states are among them. */
  readonly labels: readonly LabelCost[]
}

/** What all families cost in one deployment. */
export interface DeploymentCosts extends FormatCosts {
  /** The number of targets that Prometheus scrapes. */
  readonly targets: number
  /** Series that Prometheus itself adds for these targets, such as `up`. They are not in `text` and `openMetrics`. */
  readonly targetSeries: number
}

/** What the series of an application cost. */
export interface SeriesCosts {
  /** The number of workers that the deployments have. */
  readonly workers: number
  /** The number of processes and threads that count now. */
  readonly running: number
  /** All of them in one scrape, added up. */
  readonly merged: DeploymentCosts
  /** All of them in one scrape, each with the label `worker`. */
  readonly perWorker: DeploymentCosts
  /** Each of them scraped on its own. */
  readonly perTarget: DeploymentCosts
  /** The families, the most expensive first. */
  readonly families: readonly FamilyCosts[]
}
