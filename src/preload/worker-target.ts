import { parentPort, workerData } from 'node:worker_threads'
import { TargetThread } from '../runtime/targets/target-thread.js'
import type { TargetRequest, TargetThreadData } from '../runtime/targets/thread-messages.js'

/* Runs in the thread of a process that answers scrapes of this process only. */

const port = parentPort!
const target = new TargetThread(workerData as TargetThreadData, (news) => port.postMessage(news))
port.on('message', (request: TargetRequest) => {
  if (request.kind === 'defaultLabels') target.setDefaultLabels(request.labels)
  else void target.stop().then(() => process.exit())
})
target.start()
