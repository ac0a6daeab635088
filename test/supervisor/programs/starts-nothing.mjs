// A primary whose workers do not start.
import { fileURLToPath } from 'node:url'
import { supervise } from 'promhive/supervisor'

await supervise({ exec: fileURLToPath(new URL('./breaks.mjs', import.meta.url)), workers: 1, port: 0 })
console.log('never said')
