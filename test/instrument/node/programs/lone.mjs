// Reports what importing creates, and what measuring does; ends by itself if nothing keeps it running.
import { createHook } from 'node:async_hooks'

const created = []
createHook({ init: (_, type) => created.push(type) }).enable()
const watching = () => created.includes('ELDHISTOGRAM')

const { collectDefaultMetrics, register } = await import('../../../../dist/esm/index.js')
const imported = { watching: watching(), metrics: register.getMetricsAsArray().length }
collectDefaultMetrics()
const measured = { watching: watching(), metrics: register.getMetricsAsArray().length }
console.log(JSON.stringify({ imported, measured }))
