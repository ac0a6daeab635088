// Two threads and the main one count together, and the main one shows the total.
const { Worker, isMainThread } = require('node:worker_threads')
const { Counter, register } = require('promhive')

const jobs = new Counter({ name: 'jobs_total', help: 'Jobs.' })
for (let i = 0; i < 100; i++) jobs.inc()
if (isMainThread) {
  const threads = [new Worker(__filename), new Worker(__filename)]
  Promise.all(threads.map((thread) => new Promise((resolve) => thread.once('exit', resolve))))
    .then(() => register.metrics())
    .then((text) => console.log(/^jobs_total .*$/m.exec(text)[0]))
}
