// Writes a text file that a reader keeps for itself, for a tenth of a second at a time.
const { closeSync, openSync, readFileSync } = require('node:fs')
const { setTimeout: sleep } = require('node:timers/promises')
const { Counter } = require('promhive')
const { startTextFile } = require('promhive/text-file')

const exclusively = 0x1000_0000
const path = 'C:\\users\\root\\my counts.prom'
const faults = []
process.on('warning', ({ message }) => faults.push(message))

async function run() {
  const jobs = new Counter({ name: 'jobs_total', help: 'Jobs.' })
  const exporter = startTextFile({ path, interval: 1 })
  await sleep(1500)
  let held = 0
  for (let i = 0; i < 25; i++) {
    jobs.inc()
    try {
      const fd = openSync(path, 2 | exclusively)
      held++
      await sleep(100)
      closeSync(fd)
    } catch (error) {
      if (error.code !== 'EBUSY') throw error
    }
    await sleep(10)
  }
  await exporter.stop()
  console.log(`held ${held > 10}: ${/^jobs_total.*$/m.exec(readFileSync(path, 'utf8'))[0]}, faults ${faults.length}`)
}

run()
