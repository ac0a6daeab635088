import { byId, element, fillRows, setText, table } from './dom.js'
import { Families } from './families.js'
import { bytes, duration, figure } from './figures.js'
import { History } from './history.js'
import { Overview } from './overview.js'
import { warningsOf } from './warnings.js'
import { Workers } from './workers.js'

/** Milliseconds between two requests, and after a failed one. */
const every = 1_000
const afterFailure = 3_000
const timeout = 10_000

const history = new History()
const overview = new Overview()
const workers = new Workers()
const families = new Families()
const labelColumns = [
  { title: 'Family', class: 'name' },
  { title: 'Label' },
  { title: 'Values', class: 'number' },
  { title: 'Series', class: 'number' },
]
const scrapeColumns = [
  { title: 'When' },
  { title: 'Status', class: 'number' },
  { title: 'Took', class: 'number' },
  { title: 'Size', class: 'number' },
  { title: 'Client', class: 'name wide' },
]
const labels = table('Labels that multiply', labelColumns)
const scrapes = table('Last scrapes', scrapeColumns)
byId('labels').append(labels.region)
byId('scrapes').append(scrapes.region)

let timer
let running = false
let paused = false
/** When the last request began, and the time from there to the next one. */
let began = 0
let wait = every
let answeredAt

function time(milliseconds) {
  return new Date(milliseconds).toTimeString().slice(0, 8)
}

function show(state) {
  answeredAt = state.at
  if (!history.add(state)) return
  setText(byId('location'), `Numbers are in ${state.location}`)
  byId('metrics').setAttribute('href', state.metricsPath.slice(1))
  overview.show(history)
  workers.show(history)
  families.show(history)
  showLabels(state.families)
}

function showLabels(all) {
  const multiplying = all.flatMap(({ name, series, labels: own }) =>
    own.filter(({ values }) => values > 1).map((label) => [name, label.name, label.values, series]),
  )
  multiplying.sort((a, b) => b[2] - a[2])
  const rows = multiplying
    .slice(0, 10)
    .map(([name, label, values, series]) => [name, label, figure(values), figure(series)])
  fillRows(labels.body, labelColumns, rows.length === 0 ? [['no label has several values', '', '', '']] : rows)
}

function showScrapes(last) {
  const rows = last.map(({ at, status, seconds, bytes: size, client }) => [
    time(at),
    { text: String(status), class: status === 200 ? '' : 'failed' },
    duration(seconds),
    bytes(size),
    client,
  ])
  fillRows(scrapes.body, scrapeColumns, rows.length === 0 ? [['no scrape yet', '', '', '', '']] : rows)
}

function showWarnings(texts) {
  const list = byId('warnings')
  const before = [...list.children].map(({ textContent }) => textContent)
  if (before.length === texts.length && texts.every((text, i) => text === before[i])) return
  list.replaceChildren(...texts.map((text) => element('li', { text })))
}

async function poll() {
  running = true
  began = performance.now()
  wait = every
  try {
    const answer = await fetch('page/state', { signal: AbortSignal.timeout(timeout) })
    const state = await answer.json()
    showScrapes(state.scrapes)
    if (!answer.ok) throw new Error(state.error)
    show(state)
    showWarnings(warningsOf(state))
    setText(byId('status'), `Read at ${time(state.at)} in ${duration(state.seconds)}`)
  } catch (error) {
    wait = afterFailure
    const since = answeredAt === undefined ? '' : ` The numbers are of ${time(answeredAt)}.`
    showWarnings([`The numbers could not be read: ${error.message}.${since}`])
    setText(byId('status'), 'No answer')
  }
  running = false
  plan()
}

/** Plans the next request. A page that is paused or hidden requests nothing. */
function plan() {
  clearTimeout(timer)
  if (running || paused || document.hidden) return
  timer = setTimeout(poll, Math.max(0, began + wait - performance.now()))
}

document.addEventListener('visibilitychange', plan)
byId('pause').addEventListener('click', ({ target }) => {
  paused = !paused
  target.setAttribute('aria-pressed', String(paused))
  plan()
})
poll()
