import { Chart } from './charts.js'
import { byId, element, setText, table } from './dom.js'
import { duration, figure, perSecond } from './figures.js'

const columns = [
  { title: 'Family', class: 'name' },
  { title: 'Type', class: 'wide' },
  { title: 'Series', class: 'number' },
  { title: 'Total', class: 'number' },
  { title: 'Rate', class: 'number' },
  { title: 'Last minutes', class: 'wide' },
]

/** The rows that are shown; a search finds the others. */
const mostRows = 200
/** The points of a small plot. */
const sparkPoints = 60

/** The table of families, with a search. */
export class Families {
  rows = new Map()

  constructor() {
    const { region, body } = table('Families', columns)
    this.body = body
    byId('families').append(region)
    for (const [id, event] of [
      ['search', 'input'],
      ['sort', 'change'],
    ])
      byId(id).addEventListener(event, () => this.history && this.show(this.history))
  }

  show(history) {
    this.history = history
    const found = this.chosen(history)
    const shown = found.slice(0, mostRows)
    const all = history.now.families.size
    const more = found.length > shown.length ? `, the first ${shown.length} are shown` : ''
    setText(byId('found'), `${figure(found.length)} of ${figure(all)}${more}`)
    this.arrange(shown.map((family) => this.rowOf(family)))
    for (const family of shown) this.update(this.rows.get(family.name), family)
  }

  chosen(history) {
    const text = byId('search').value.trim().toLowerCase()
    const by = byId('sort').value
    const fits = ({ name, type, help }) => `${name} ${type} ${help}`.toLowerCase().includes(text)
    const families = [...history.now.families.values()].filter(fits)
    if (by === 'name') return families
    const key = (family) => (by === 'rate' ? history.rateOf(family.name) : family[by]) ?? -1
    return families.sort((a, b) => key(b) - key(a))
  }

  /** Moves only rows that are in another place, so that focus stays where it is. */
  arrange(rows) {
    const wanted = rows.flatMap(({ row, details }) => (details === undefined ? [row] : [row, details.row]))
    const keep = new Set(wanted)
    for (const child of [...this.body.children]) if (!keep.has(child)) child.remove()
    for (const [i, row] of wanted.entries())
      if (this.body.children[i] !== row) this.body.insertBefore(row, this.body.children[i] ?? null)
  }

  rowOf(family) {
    const known = this.rows.get(family.name)
    if (known !== undefined) return known
    const open = element('button', { class: 'open', type: 'button', 'aria-expanded': 'false', text: family.name })
    const line = element('polyline')
    const spark = element('svg', { class: 'spark', viewBox: '0 0 110 24', 'aria-hidden': 'true' }, line)
    const cells = columns.map(({ class: name = '' }) => element('td', { class: name }))
    cells[0].append(open)
    cells[5].append(spark)
    const created = {
      row: element('tr', { 'data-family': family.name }, ...cells),
      cells,
      line,
      open,
      details: undefined,
    }
    open.addEventListener('click', () => this.toggle(created, family.name))
    this.rows.set(family.name, created)
    return created
  }

  update({ cells, line, details }, family) {
    const { name, type, series, total } = family
    for (const [i, text] of [type, figure(series), figure(total), perSecond(this.history.rateOf(name))].entries()) {
      setText(cells[i + 1], text)
    }
    const points = this.history.points.get(name)
    line.setAttribute('points', sparkline(points?.value.slice(-sparkPoints) ?? []))
    details?.update(family)
  }

  toggle(known, name) {
    if (known.details === undefined) {
      known.details = new Details(this.history)
      known.row.after(known.details.row)
      known.details.update(this.history.now.families.get(name))
    } else {
      known.details.remove()
      known.details = undefined
    }
    known.open.setAttribute('aria-expanded', String(known.details !== undefined))
  }
}

/** What is shown below the row of a family. */
class Details {
  constructor(history) {
    this.history = history
    this.help = element('p')
    this.facts = element('p', { class: 'muted' })
    this.values = element('p', { class: 'muted' })
    this.box = element('div', { class: 'details' }, this.help, this.facts, this.values)
    this.row = element('tr', {}, element('td', { colspan: String(columns.length) }, this.box))
  }

  update(family) {
    const { name, type, help, labels, values, statuses, bounds } = family
    setText(this.help, help)
    const counts = labels.map((label) => `${label.name} (${figure(label.values)})`)
    setText(
      this.facts,
      `${type}; ${counts.length === 0 ? 'no labels' : `labels: ${counts.join(', ')}`}${this.observed(name, bounds)}`,
    )
    const shown = Object.entries(values ?? statuses ?? {}).map(
      ([value, total]) => `${value === '' ? '(none)' : value} ${figure(total)}`,
    )
    setText(this.values, shown.slice(0, 30).join(' · '))
    const points = this.history.points.get(name)
    if (points === undefined || family.total === undefined) return
    if (this.chart === undefined) {
      const rates = this.history.rateOf(name) !== undefined || type !== 'gauge'
      this.chart = new Chart(rates ? 'Per second' : 'Value', [''], rates ? perSecond : figure)
      this.box.append(this.chart.figure)
    }
    this.chart.update([points.at, points.value])
  }

  observed(name, bounds) {
    const mean = this.history.meanOf(name)
    if (mean === undefined) return ''
    const format = name.endsWith('_seconds') ? duration : figure
    const [p50, p95] = bounds === undefined ? [] : this.history.quantilesOf(name, [0.5, 0.95])
    const quantiles = p50 === undefined ? '' : `, p50 ${format(p50)}, p95 ${format(p95)}`
    return `; last seconds: mean ${format(mean)}${quantiles}`
  }

  remove() {
    this.chart?.remove()
    this.row.remove()
  }
}

/** The points of a small plot of 110 × 24. */
function sparkline(values) {
  const known = values.filter((value) => value !== null)
  const [low, high] = [Math.min(0, ...known), Math.max(0, ...known)]
  const height = high - low || 1
  const step = 110 / (sparkPoints - 1)
  const first = sparkPoints - values.length
  return values
    .map((value, i) =>
      value === null ? '' : `${((first + i) * step).toFixed(1)},${(23 - ((value - low) / height) * 22).toFixed(1)}`,
    )
    .filter((point) => point !== '')
    .join(' ')
}
