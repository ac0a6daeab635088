/** A panel of a dashboard, or a row. */
export interface DashboardPanel {
  readonly id: number
  readonly type: string
  readonly title: string
  readonly description?: string
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
  readonly targets?: readonly { readonly refId: string; readonly expr: string; readonly legendFormat: string }[]
}

export interface Dashboard {
  readonly panels: readonly DashboardPanel[]
  readonly templating: { readonly list: readonly { readonly name: string; readonly definition?: string }[] }
}

/** The queries of a dashboard as Grafana sends them, with every job and instance. */
export function sentQueries({ panels }: Dashboard, rateInterval: string): readonly string[] {
  return panels
    .flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
    .map((expr) => expr.replaceAll(/\$(?:job|instance)\b/g, '.+').replaceAll('$__rate_interval', rateInterval))
}
