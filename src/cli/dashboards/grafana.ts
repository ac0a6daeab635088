import type { Panel, PanelUnit, Section } from './panel.js'

/** The columns of Grafana's grid. */
const columns = 24

/** The version of the schema that Grafana 12 writes; later versions migrate it, and earlier ones load it. */
const schemaVersion = 41

/** The variable of the data source. */
const datasource = { type: 'prometheus', uid: '$datasource' }

/** The name under which an import asks for the data source. */
const input = 'DS_PROMETHEUS'

/** Panels whose largest value is 1. */
const units: Readonly<Partial<Record<PanelUnit, { readonly min: number }>>> = { percentunit: { min: 0 } }

interface DashboardFacts {
  readonly title: string
  readonly description: string
  /** A family of which the variables read the label values. */
  readonly anchor: string
}

/**
 * Returns a dashboard in Grafana's JSON. An import asks for the data source; from a provisioned file, Grafana selects its
 * default one.
 */
export function grafanaDashboard({ title, description, anchor }: DashboardFacts, sections: readonly Section[]): object {
  return {
    __inputs: [
      {
        name: input,
        label: 'Prometheus',
        description: 'The Prometheus that scrapes the application.',
        type: 'datasource',
        pluginId: 'prometheus',
        pluginName: 'Prometheus',
      },
    ],
    __requires: [
      { type: 'datasource', id: 'prometheus', name: 'Prometheus', version: '1.0.0' },
      { type: 'panel', id: 'timeseries', name: 'Time series', version: '' },
      { type: 'panel', id: 'stat', name: 'Stat', version: '' },
    ],
    id: null,
    uid: uidOf(title),
    title,
    description,
    tags: ['promhive'],
    schemaVersion,
    editable: true,
    graphTooltip: 1,
    refresh: '30s',
    time: { from: 'now-1h', to: 'now' },
    timezone: 'browser',
    annotations: { list: [] },
    links: [],
    templating: { list: variables(anchor) },
    panels: placed(sections),
  }
}

/** The same title replaces the dashboard at the next import. */
function uidOf(title: string): string {
  const letters = title.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
  return letters.replace(/^-|-$/g, '').slice(0, 40)
}

function variables(anchor: string): readonly object[] {
  const byLabel = (name: string, label: string, query: string): object => ({
    name,
    label,
    type: 'query',
    datasource,
    definition: query,
    query: { qryType: 1, query, refId: 'PrometheusVariableQueryEditor-VariableQuery' },
    refresh: 2,
    sort: 1,
    multi: true,
    includeAll: true,
    allValue: '.+',
    current: { text: ['All'], value: ['$__all'] },
  })
  return [
    {
      name: 'datasource',
      label: 'Data source',
      type: 'datasource',
      query: 'prometheus',
      refresh: 1,
      current: { text: `\${${input}}`, value: `\${${input}}` },
    },
    byLabel('job', 'Job', `label_values(${anchor}, job)`),
    byLabel('instance', 'Instance', `label_values(${anchor}{job=~"$job"}, instance)`),
  ]
}

/** Places the panels of each section from left to right, below the row of the section. */
function placed(sections: readonly Section[]): readonly object[] {
  const panels: object[] = []
  let y = 0
  for (const { title, panels: inSection } of sections) {
    if (inSection.length === 0) continue
    panels.push({
      id: panels.length + 1,
      type: 'row',
      title,
      collapsed: false,
      gridPos: { x: 0, y, w: columns, h: 1 },
      panels: [],
    })
    y += 1
    const { w, h } = inSection[0]!.single ? { w: 4, h: 4 } : { w: inSection.length % 3 === 0 ? 8 : 12, h: 8 }
    const perLine = columns / w
    for (const [i, panel] of inSection.entries()) {
      const gridPos = { x: (i % perLine) * w, y: y + Math.floor(i / perLine) * h, w, h }
      panels.push(grafanaPanel(panel, panels.length + 1, gridPos))
    }
    y += Math.ceil(inSection.length / perLine) * h
  }
  return panels
}

function grafanaPanel(
  { title, description, unit, queries, single, stacked }: Panel,
  id: number,
  gridPos: object,
): object {
  const targets = queries.map(({ expr, legend }, i) => ({
    refId: String.fromCharCode(65 + i),
    datasource,
    editorMode: 'code',
    expr,
    legendFormat: legend,
    ...(single ? { instant: true, range: false } : { range: true }),
  }))
  const common = { id, title, description, gridPos, datasource, targets }
  if (single) {
    const options = {
      reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
      colorMode: 'none',
      graphMode: 'none',
    }
    return { ...common, type: 'stat', fieldConfig: { defaults: { unit }, overrides: [] }, options }
  }
  const custom = {
    lineWidth: 1,
    fillOpacity: stacked ? 30 : 0,
    showPoints: 'never',
    ...(stacked && { stacking: { mode: 'normal', group: 'A' } }),
  }
  return {
    ...common,
    type: 'timeseries',
    fieldConfig: { defaults: { unit, ...units[unit], custom }, overrides: [] },
    options: {
      legend: { showLegend: true, displayMode: 'list', placement: 'bottom' },
      tooltip: { mode: 'multi', sort: 'desc' },
    },
  }
}
