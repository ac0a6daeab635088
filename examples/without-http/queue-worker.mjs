import { Worker } from 'bullmq'
import { Counter, measure } from 'promhive'
import { running } from './metrics.mjs'

const finished = new Counter({ name: 'mails_finished_total', help: 'Jobs by result.', labelNames: ['result'] })
const send = measure(async (job) => job.data.to, { name: 'mails_send' })

const connection = { url: process.env.REDIS_URL, maxRetriesPerRequest: null }
const worker = new Worker('mails', send, { connection })
worker.on('completed', () => finished.inc({ result: 'completed' }))
worker.on('failed', () => finished.inc({ result: 'failed' }))
worker.on('error', (error) => console.error(error))

running.set({ kind: 'queue' }, 1)
process.once('SIGTERM', () => worker.close())
