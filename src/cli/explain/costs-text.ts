import type { DeploymentCosts, FamilyCosts, SeriesCosts } from '../../gather/costs/series-costs.js'
import { inLine } from '../../model/terminal-text.js'
import { columns } from '../columns.js'
import { narrowColumns } from '../narrow-columns.js'

export interface CostsTextOptions {
  /** The maximum number of families. */
  readonly most?: number | undefined
  /** The width of the terminal; undefined without one. */
  readonly width?: number | undefined
}

/** Returns the lines that show the costs: each family, each deployment, and the label whose removal saves most. */
export function costsText(
  name: string,
  costs: SeriesCosts,
  { most = Number.POSITIVE_INFINITY, width = Number.POSITIVE_INFINITY }: CostsTextOptions,
): string[] {
  const { workers, running, families } = costs
  const lines = [
    `${inLine(name)}: series of ${workers} ${workers === 1 ? 'worker' : 'workers'} (${running} running)`,
    '',
    ...familyLines(families, most, width),
    '',
    ...deploymentLines(costs),
  ]
  const advice = adviceFor(families)
  if (advice !== undefined) lines.push('', advice)
  return lines.map((line) => line.slice(0, width))
}

function familyLines(families: readonly FamilyCosts[], most: number, width: number): string[] {
  const heading = ['family', 'type', 'label sets', 'merged', 'per worker', 'per target', 'bytes', 'labels (values)']
  const cells = families
    .slice(0, most)
    .map(({ name, type, labelSets, merged, perWorker, perTarget, labels }) => [
      name,
      type,
      String(labelSets),
      String(merged.text.series),
      String(perWorker.text.series),
      String(perTarget.text.series),
      String(merged.text.bytes),
      labels.map((label) => `${inLine(label.name)} (${label.values})`).join(', '),
    ])
  const others = families.slice(most)
  const sum = (count: (family: FamilyCosts) => number): string =>
    String(others.reduce((all, each) => all + count(each), 0))
  if (others.length > 0) {
    cells.push([
      `${others.length} more`,
      '',
      sum(({ labelSets }) => labelSets),
      sum(({ merged }) => merged.text.series),
      sum(({ perWorker }) => perWorker.text.series),
      sum(({ perTarget }) => perTarget.text.series),
      sum(({ merged }) => merged.text.bytes),
      '',
    ])
  }
  return narrowColumns([heading, ...cells], width, [2, 3, 4, 5, 6], [1, 2, 6, 7])
}

function deploymentLines({ merged, perWorker, perTarget }: SeriesCosts): string[] {
  const cells = (name: string, { targets, text, openMetrics, targetSeries }: DeploymentCosts): string[] => [
    name,
    String(targets),
    String(text.series),
    `${text.bytes} B`,
    String(openMetrics.series),
    `${openMetrics.bytes} B`,
    String(targetSeries),
  ]
  return columns(
    [
      ['together', 'targets', 'series', 'text', 'OpenMetrics series', 'OpenMetrics', 'up and scrape_* of Prometheus'],
      cells('merged', merged),
      cells('per worker', perWorker),
      cells('per target', perTarget),
    ],
    [1, 2, 3, 4, 5, 6],
  )
}

/** Returns a sentence about the label whose removal saves most, of those that the application writes. */
function adviceFor(families: readonly FamilyCosts[]): string | undefined {
  const owned = families.flatMap((family) =>
    family.labels.filter((label) => !isOfType(family, label.name)).map((label) => ({ family, label })),
  )
  const [first, ...others] = owned
  if (first === undefined) return undefined
  const best = others.reduce((a, b) => (b.label.saves > a.label.saves ? b : a), first)
  const { family, label } = best
  if (label.saves === 0) return undefined
  const { series } = family.merged.text
  return `Without its label ${inLine(label.name)}, ${inLine(family.name)} would have ${series - label.saves} merged series instead of ${series}.`
}

function isOfType({ type, name }: FamilyCosts, label: string): boolean {
  return (
    (type === 'histogram' && label === 'le') ||
    (type === 'summary' && label === 'quantile') ||
    (type === 'stateset' && label === name)
  )
}
