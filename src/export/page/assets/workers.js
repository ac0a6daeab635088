import { byId, fillRows, setText, table } from './dom.js'
import { age, bytes, figure, percent, workerName } from './figures.js'

const columns = [
  { title: 'Worker' },
  { title: 'State' },
  { title: 'Process', class: 'number wide' },
  { title: 'For', class: 'number' },
  { title: 'CPU', class: 'number' },
  { title: 'Memory', class: 'number' },
  { title: 'Event loop', class: 'number' },
]

/** The dead workers that are shown. */
const mostDead = 20

/** The table of the processes that count. */
export class Workers {
  /** By worker: the last times of its event loop, which change every five seconds. */
  loops = new Map()

  show({ now, before, seconds }) {
    if (now.workers === undefined) return setText(byId('workers'), `${figure(now.live)} alive`)
    if (this.body === undefined) this.create()
    const earlier = new Map((before?.workers ?? []).map((worker) => [keyOf(worker), worker]))
    const dead = now.workers.filter(({ state }) => state === 'dead')
    const shown = [...now.workers.filter(({ state }) => state !== 'dead'), ...dead.slice(-mostDead)]
    const rows = sorted(shown).map((worker) => {
      const { state, since, process } = worker
      const cpu = cpuShare(earlier.get(keyOf(worker))?.process, process, seconds)
      return [
        workerName(worker),
        { text: state, class: state },
        process === undefined ? '–' : String(process.pid),
        age(now.at / 1000 - since),
        percent(cpu),
        bytes(process?.residentBytes),
        state === 'alive' ? percent(this.utilization(worker)) : '–',
      ]
    })
    fillRows(this.body, columns, rows)
  }

  create() {
    const { region, body } = table('Workers', columns)
    this.body = body
    byId('workers').replaceChildren(region)
  }

  /** The share of time in which the event loop was active, between the last two times that it was measured. */
  utilization(worker) {
    const { loop } = worker
    if (loop === undefined) return undefined
    const key = keyOf(worker)
    const known = this.loops.get(key)
    const whole = loop.active + loop.idle
    if (known === undefined || whole < known.whole) this.loops.set(key, { whole, active: loop.active })
    else if (whole > known.whole) {
      const share = (loop.active - known.active) / (whole - known.whole)
      this.loops.set(key, { whole, active: loop.active, share })
    }
    return this.loops.get(key).share
  }
}

/** By application; the primary first, then the workers by their numbers, which may differ from those of their seats. */
function sorted(workers) {
  const place = ({ worker }) => Number(worker) || 0
  const by = ({ application = '' }) => application
  return [...workers].sort((a, b) => by(a).localeCompare(by(b)) || place(a) - place(b) || a.seat - b.seat)
}

/** Applications use the same numbers of seats. */
function keyOf({ application = '', seat }) {
  return `${application}/${seat}`
}

function cpuShare(before, now, seconds) {
  if (before === undefined || now === undefined || before.pid !== now.pid || !(seconds > 0)) return undefined
  return Math.max(0, now.cpuSeconds - before.cpuSeconds) / seconds
}
