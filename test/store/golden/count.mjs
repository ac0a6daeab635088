// One of the processes that wrote the golden files: counts according to its number, and waits.
import { Counter, Gauge, Histogram, Info, Registry, StateSet, Summary } from 'promhive'

const me = Number(process.argv[2])
const help = (what) => `${what}, with a \\ and\nanother line.`

const jobs = new Counter({ name: 'jobs_total', help: help('Jobs'), labelNames: ['queue', 'text'] })
const texts = ['plain', 'with "quotes"', 'back\\slash', 'two\nlines', 'ünïcödé ☃ 🦄', '']
for (const [i, text] of texts.entries()) jobs.inc({ queue: 'q', text }, me * 10 + i)
jobs.labels({ queue: 'example', text: '' }).inc(me, { trace: `t${me}` })
new Counter({ name: 'plain_total', help: help('Plain') }).inc(me * 1000.5)

const seconds = new Histogram({
  name: 'duration_seconds',
  help: help('Durations'),
  labelNames: ['route'],
  unit: 'seconds',
})
for (const value of [0.001, 0.3, 3, 300]) seconds.labels({ route: '/' }).observe(value * me, { trace: `h${me}` })
for (const mode of [
  'all',
  'sum',
  'min',
  'max',
  'mostrecent',
  'liveall',
  'livesum',
  'livemin',
  'livemax',
  'livemostrecent',
]) {
  new Gauge({ name: `level_${mode}`, help: help(mode), mode }).set(me)
}
const sizes = new Summary({ name: 'size_bytes', help: help('Sizes'), quantiles: [0.5, 0.9] })
for (let i = 1; i <= 100; i++) sizes.observe(i * me)
new Info({ name: 'build_info', help: help('Build'), labelNames: ['version'] }).info({ version: `1.${me}` })
new StateSet({ name: 'phase', help: help('Phase'), states: ['starting', 'running'], mode: 'count' }).state('running')
new Counter({ name: 'elsewhere_total', help: help('Elsewhere'), registers: [new Registry({ name: 'other' })] }).inc(me)

// Series that were removed, and others in their places.
const gone = new Counter({ name: 'gone_total', help: help('Gone'), labelNames: ['id'] })
for (const id of ['1', '2', '3']) gone.inc({ id }, 99)
gone.remove({ id: '1' })
gone.remove({ id: '3' })
gone.inc({ id: '4' }, me)
// More than one segment.
const many = new Histogram({ name: 'many_seconds', help: help('Many'), labelNames: ['i'] })
for (let i = 0; i < 120; i++) many.observe({ i: String(i) }, i * me)

process.on('message', () => {})
// Data that is written every tenth of a second is written by then.
setTimeout(() => process.send('counted'), 500)
