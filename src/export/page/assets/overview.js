import { Chart } from './charts.js'
import { byId, element, setText } from './dom.js'
import { duration, errorShare, figure, percent, perSecond } from './figures.js'
import { push } from './history.js'
import { aliveOf, blockedOf } from './warnings.js'

/** The families of requests, the most telling first: those of promhive's naming presets, then names that look like them. */
const requestNames = [
  /^http_requests_total$/,
  /^gunicorn_worker_requests_total$/,
  /^request_count$/,
  /requests?_total$/,
]
const durationNames = [
  /^http_request_duration_seconds$/,
  /^http_server_request_duration_seconds$/,
  /^gunicorn_worker_request_duration_seconds$/,
  /^request_latency_seconds$/,
  /request.*(?:duration|latency|time)/,
]
const ours = /^promhive_/
const quantiles = [0.5, 0.95, 0.99]

/** The figures and plots at the top of the page. */
export class Overview {
  values = new Map()
  at = []
  plots = new Map()

  show(history) {
    const families = [...history.now.families.values()]
    const durations = find(families, durationNames, (family) => family.bounds !== undefined)
    const requests = find(families, requestNames, ({ type }) => type === 'counter') ?? durations
    push(this.at, history.now.at / 1000)
    this.showWorkers(history.now)
    this.figure('Families', figure(families.length + history.now.omitted.families))
    const series = families.reduce((sum, family) => sum + family.series, history.now.omitted.series)
    this.figure('Series', figure(series))
    if (requests !== undefined) this.showRequests(history, requests)
    if (durations !== undefined) this.showDurations(history, durations)
  }

  showWorkers(now) {
    const { live, workers = [] } = now
    const count = (state) => workers.filter((worker) => worker.state === state).length
    this.figure('Workers alive', figure(aliveOf(live, workers)))
    if (workers.length === 0) return
    this.figure('Workers blocked', figure(blockedOf([...now.families.values()], workers)))
    this.figure('Workers dead', figure(count('dead')))
  }

  showRequests(history, { name }) {
    const rate = history.rateOf(name)
    const [before, now] = [history.before, history.now].map((reading) => reading?.families.get(name)?.statuses)
    this.figure('Requests', figure(history.now.families.get(name).total))
    this.figure('Requests per second', perSecond(rate))
    this.plot('Requests per second', [''], perSecond, [rate])
    if (now === undefined) return
    const share = before && errorShare(before, now)
    this.figure('Errors (5xx)', percent(share))
    this.plot('Errors (5xx)', [''], percent, [share])
  }

  showDurations(history, { name }) {
    const scale = /(?:_ms|milliseconds)$/.test(name) ? 0.001 : 1
    const values = history.quantilesOf(name, quantiles).map((value) => value && value * scale)
    this.figure('95th percentile', duration(values[1]))
    this.plot('Duration of requests', ['p50', 'p95', 'p99'], duration, values)
  }

  figure(title, text) {
    let value = this.values.get(title)
    if (value === undefined) {
      value = element('dd')
      this.values.set(title, value)
      byId('figures').append(element('div', {}, element('dt', { text: title }), value))
    }
    setText(value, text)
  }

  plot(title, lines, format, values) {
    let plot = this.plots.get(title)
    if (plot === undefined) {
      const none = () => Array.from({ length: this.at.length - 1 }, () => null)
      plot = { chart: new Chart(title, lines, format), lines: lines.map(none) }
      this.plots.set(title, plot)
      byId('charts').append(plot.chart.figure)
    }
    for (const [i, value] of values.entries()) push(plot.lines[i], value ?? null)
    // Without requests for a while, a plot may have fewer points than the time axis.
    for (const line of plot.lines) while (line.length < this.at.length) line.unshift(null)
    plot.chart.update([this.at, ...plot.lines])
  }
}

function find(families, names, fits) {
  for (const name of names) {
    const found = families.find((family) => name.test(family.name) && !ours.test(family.name) && fits(family))
    if (found !== undefined) return found
  }
  return undefined
}
