import { parentPort, workerData } from 'node:worker_threads'
import { collectDefaultMetrics, register } from '../../../../dist/esm/index.js'

collectDefaultMetrics(workerData)
await register.metrics()
parentPort.postMessage('measured')
// Stays until the process ends.
parentPort.on('message', () => {})
