import { figure, printTable, times } from './table.mjs'

/** What the project set out to reach, and what this run measured. Nothing fails for being slow. */
export function printGoals({ write = [], scrape = [], memory = [], series, start = [], http = [] }) {
  const rows = [...write.flatMap(writeGoals), ...scrape.filter(({ series }) => series === 50_000).flatMap(scrapeGoals)]
  if (series !== undefined) rows.push(...seriesGoals(series))
  rows.push(...memory.flatMap(memoryGoals), ...start.flatMap(startGoals), ...http.flatMap(httpGoals))
  if (rows.length === 0) return
  console.log('\nGoals')
  printTable(['', 'goal', 'measured', ''], rows)
}

function writeGoals({ runtime, columns, ratios }) {
  const { ns } = columns.find(({ key }) => key === 'promhive-shared')
  return [
    atLeast(`held child .inc(), ${runtime}`, 20, ratios.heldInc),
    atMost(`held child .inc() against array[i] += 1, ${runtime}`, 2, ns.heldInc / ns.bare, times),
    atLeast(`inc({two labels}), ${runtime}`, 2.5, ratios.labelledInc),
    atLeast(`observe({two labels}, v), ${runtime}`, 3, ratios.labelledObserve),
    atMost(`held child .observe(v), ${runtime}`, 40, ns.heldObserve, (value) => figure(value, 'ns')),
  ]
}

function scrapeGoals({ runtime, workers, columns, limit }) {
  const peers = columns.filter(({ peer }) => peer)
  const lines = columns.find((column) => column.lines !== undefined)?.lines
  const name = `one scrape, ${workers} x ${figure(lines)} lines`
  const goals = []
  for (const column of columns.filter(({ peer }) => !peer)) {
    const what = `${name}, ${column.kind}(), ${runtime}`
    goals.push(
      atLeast(what, 100, column.ratio.warm),
      atMost(`${what}, against the limit`, 3, column.warm / limit, times),
      atMost(`${what}, loop held`, 10, column.held, (value) => figure(value, 'ms')),
    )
  }
  const answer = columns.find(({ peer, blocked }) => !peer && blocked !== undefined)?.blocked.ms
  goals.push(
    atMost(`one scrape while every worker is blocked, ${runtime}`, 100, answer, (value) => figure(value, 'ms')),
  )
  const ours = columns.find(({ peer }) => !peer)
  const promClient = peers.find(({ name }) => name.startsWith('prom-client'))
  if (ours !== undefined && promClient !== undefined) {
    const part = ours.workerGrowth / promClient.workerGrowth
    goals.push(atMost(`memory of a worker for its series, against prom-client's, ${runtime}`, 1 / 3, part, times))
  }
  return goals
}

function seriesGoals({ runtime, results }) {
  const { perSecond } = results.find(({ key }) => key === 'promhive-shared')
  return [atLeast(`new series per second, ${runtime}`, 100_000, perSecond, figure)]
}

function memoryGoals({ name, runtime, columns }) {
  const { part } = columns.find(({ key }) => key === 'promhive-shared')
  return [atMost(`memory of a series against prom-client's: ${name}, ${runtime}`, 1 / 3, part, times)]
}

function startGoals({ runtime, measured }) {
  return measured
    .filter(({ name }) => name.includes('promhive'))
    .map(({ name, added }) => atMost(`${name}, ${runtime}`, 15, added, (value) => figure(value, 'ms')))
}

function httpGoals({ runtime, framework, rows }) {
  const ours = rows.find(({ name }) => name === 'promhive')
  return [
    atMost(
      `requests lost by measuring ${framework}, ${runtime}`,
      3,
      (1 - ours.ratio) * 100,
      (part) => `${part.toFixed(1)} %`,
    ),
  ]
}

function atLeast(name, goal, value, show = times) {
  return [name, `>= ${show(goal)}`, show(value), verdict(value, value >= goal)]
}

function atMost(name, goal, value, show) {
  return [name, `<= ${show(goal)}`, show(value), verdict(value, value <= goal)]
}

function verdict(value, met) {
  if (value === undefined || Number.isNaN(value)) return 'not measured'
  return met ? 'met' : 'missed'
}
