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

/** A panel with one query: name of its family, title, unit, query, legend and description. */
export type FamilyPanel = readonly [string, string, PanelUnit, string, string, string]

/** Returns the panels whose family the application has. */
export function panelsOf(panels: readonly FamilyPanel[], has: (name: string) => boolean): readonly Panel[] {
  return panels
    .filter(([name]) => has(name))
    .map(([, title, unit, expr, legend, description]) => ({ title, description, unit, queries: [{ expr, legend }] }))
}

/** A row of a dashboard. */
export interface Section {
  readonly title: string
  readonly panels: readonly Panel[]
}
