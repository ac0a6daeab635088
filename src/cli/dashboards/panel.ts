/** A query of a panel. */
export interface PanelQuery {
  readonly expr: string
  /** The legend, in which `{{label}}` is replaced by Grafana. */
  readonly legend: string
}

/** The units of Grafana that the panels use. */
export type PanelUnit = 'short' | 'reqps' | 'cps' | 's' | 'bytes' | 'binBps' | 'percentunit' | 'dateTimeFromNow'

/** A panel of a dashboard, without its position. */
export interface Panel {
  readonly title: string
  /** What the panel shows, and what to do about it. */
  readonly description: string
  readonly unit: PanelUnit
  readonly queries: readonly PanelQuery[]
  /** A single number instead of a graph. */
  readonly single?: boolean
  /** Whether the series are stacked. */
  readonly stacked?: boolean
}

/** A row of a dashboard. */
export interface Section {
  readonly title: string
  readonly panels: readonly Panel[]
}
