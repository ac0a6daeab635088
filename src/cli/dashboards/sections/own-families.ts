import type { NamedFamily, Naming } from '../../../instrument/http/naming/naming.js'
import { namings } from '../../../instrument/http/naming/namings.js'
import type { ObservedApplication } from '../application.js'
import type { Panel, PanelQuery, PanelUnit, Section } from '../panel.js'
import { aggregate, dashboardScope, Queries } from '../queries.js'
import type { ShownFamily } from '../shown-families.js'

const q = new Queries(dashboardScope)

/** Labels with more values would draw too many lines. */
const maxValues = 20

/** The prefixes of families that the other sections show, or that are omitted on purpose. */
const known = /^(promhive|process|nodejs)_/

/** The families of all conventions for HTTP metrics. */
const ofHttp: ReadonlySet<string> = new Set(
  Object.values<Naming>(namings).flatMap(({ server, client }) => {
    const families = [...Object.values(server), ...Object.values(client ?? {})].flat() as readonly NamedFamily[]
    return families.map(({ name }) => name)
  }),
)

/**
 * The families that no other section shows, each by its type: the metrics of the application itself.
 *
 * @param expressions the queries of the other sections
 */
export function ownFamiliesSection(
  { families, supervisor }: ObservedApplication,
  expressions: readonly string[],
): Section {
  const queried = new Set(expressions.flatMap((expr) => expr.match(/[a-zA-Z_:][\w:]*/g) ?? []))
  const ofSupervisor = ({ name }: ShownFamily): boolean =>
    supervisor !== undefined &&
    [supervisor.worker, supervisor.primary, 'gunicorn_config'].some((prefix) => name.startsWith(prefix))
  const own = families.all.filter((family) => {
    const { name, samples } = family
    return (
      samples.size > 0 &&
      !known.test(name) &&
      !ofHttp.has(name) &&
      !ofHttp.has(name.replace(/_total$/, '')) &&
      !ofSupervisor(family) &&
      ![...samples].some((each) => queried.has(each))
    )
  })
  return { title: 'Metrics of the application', panels: own.flatMap((family) => panelOf(family) ?? []) }
}

function panelOf(family: ShownFamily): Panel | undefined {
  const { name, type, help } = family
  const by = divider(family)
  const legend = by.length === 0 ? name : by.map((label) => `{{${label}}}`).join(' ')
  const description = help === '' ? `The ${type} ${name}.` : help
  const unit = unitOf(name)
  const panel = (title: string, unit: PanelUnit, queries: readonly PanelQuery[], more = ''): Panel => {
    return { title, description: `${description}${more}`, unit, queries }
  }
  switch (type) {
    case 'counter':
      return panel(`${name} per second`, unit === 'bytes' ? 'binBps' : unit === 's' ? 'percentunit' : 'cps', [
        { expr: `topk(10, ${q.sumRate(by, name)})`, legend },
      ])
    case 'histogram':
      return panel(
        name,
        unit,
        [0.5, 0.9, 0.99].map((each) => ({ expr: q.quantile(each, [], name), legend: `p${each * 100}` })),
        ' Quantiles, estimated from the bounds of the histogram.',
      )
    case 'summary':
      return panel(`${name}, mean`, unit, [{ expr: q.mean(by, name), legend }])
    case 'gauge':
    case 'unknown':
      return panel(name, unit, [
        {
          expr: `topk(10, ${aggregate('max', ['instance', ...by], q.select(name))})`,
          legend: `{{instance}} ${legend}`,
        },
      ])
    default:
      // Facts and states have no graph.
      return undefined
  }
}

/** The label with the most values that still makes a readable graph. */
function divider({ labels }: ShownFamily): readonly string[] {
  const readable = [...labels].filter(([, values]) => values.size > 1 && values.size <= maxValues)
  const [most] = readable.sort(([, a], [, b]) => b.size - a.size)
  return most === undefined ? [...labels.keys()].slice(0, 1) : [most[0]]
}

function unitOf(name: string): PanelUnit {
  const bare = name.replace(/_total$/, '')
  if (bare.endsWith('_seconds')) return 's'
  if (bare.endsWith('_bytes')) return 'bytes'
  return bare.endsWith('_ratio') ? 'percentunit' : 'short'
}
