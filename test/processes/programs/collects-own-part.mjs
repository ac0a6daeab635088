// Brings up this process's own part of each metric in collect(), as a worker of prom-client's cluster does.
import { setTimeout as sleep } from 'node:timers/promises'
import { Counter, Gauge, Histogram, Info, Registry, register, StateSet, Summary } from 'promhive'
import { answer } from './stagehand.mjs'

const mine = Number(process.env.MINE)
const help = 'Its part.'

new Counter({
  name: 'part_total',
  help,
  collect() {
    this.reset()
    this.inc(mine)
  },
})
new Gauge({
  name: 'part',
  help,
  collect() {
    this.reset()
    this.inc(mine)
  },
})

let held
let letGo
const begun = new Promise((resolve) => {
  held = resolve
})
let gate
new Counter({
  name: 'part_async_total',
  help,
  async collect() {
    await sleep(1)
    this.reset()
    if (gate !== undefined) {
      held()
      await gate
    }
    this.inc(mine)
  },
})
new Gauge({
  name: 'part_kept',
  help,
  mode: 'sum',
  collect() {
    this.clear()
    this.set(mine)
  },
})
new Gauge({
  name: 'part_latest',
  help,
  mode: 'mostrecent',
  collect() {
    this.reset()
    this.set(mine)
  },
})
new Gauge({
  name: 'part_labelled',
  help,
  labelNames: ['part', 'run'],
  collect() {
    this.remove({ part: mine, run: undefined })
    this.removeByLabels({ part: 'never' })
    this.set({ part: mine }, mine)
  },
})
new Histogram({
  name: 'part_seconds',
  help,
  buckets: [150, 250],
  collect() {
    this.reset()
    this.observe(mine / 2)
    this.observe(mine / 2)
  },
})
new Summary({
  name: 'part_size',
  help,
  quantiles: [0.5],
  collect() {
    this.reset()
    this.observe(mine)
  },
})
const another = new Gauge({ name: 'part_updated_by_another', help })
const late = new Gauge({ name: 'part_updated_by_another_late', help })
new Gauge({
  name: 'part_updates_another',
  help,
  collect() {
    another.reset()
    another.inc(mine)
  },
})
new Gauge({
  name: 'part_updates_another_late',
  help,
  async collect() {
    await sleep(1)
    late.reset()
    if (gate !== undefined) await gate
    late.inc(mine)
  },
})
new Info({
  name: 'part_info',
  help,
  labelNames: ['part'],
  collect() {
    this.reset()
    this.info({ part: mine })
  },
})
new StateSet({
  name: 'part_state',
  help,
  states: ['on', 'off'],
  mode: 'count',
  collect() {
    this.reset()
    this.state('on')
  },
})
const registry = new Registry({ name: 'parts' })
const all = new Gauge({ name: 'part_all_reset', help, registers: [registry, register] })
new Gauge({
  name: 'part_resets_all',
  help,
  registers: [registry, register],
  collect() {
    registry.resetMetrics()
    all.inc(mine)
    this.set(1)
  },
})

answer({
  directory: () => process.env.PROMHIVE_DIR,
  held: () => begun,
  letGo: () => letGo(),
  async scrapeWhileHeld() {
    gate = new Promise((resolve) => {
      letGo = resolve
    })
    return register.metrics()
  },
})
