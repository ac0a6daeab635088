// npm run bench -- [--only write|functions|series|memory|import|size|scrape|removals|http|redis|python]... [--quick] [--json FILE]
import { writeFileSync } from 'node:fs'
import os from 'node:os'
import { parseArgs } from 'node:util'
import { Faults } from './faults.mjs'
import { printGoals } from './goals.mjs'
import { endAll } from './measurement.mjs'
import { provision } from './provision.mjs'
import { runtimes } from './runtime.mjs'
import { measuredFunctions } from './sections/functions.mjs'
import { httpOverhead } from './sections/http.mjs'
import { importTime } from './sections/import.mjs'
import { memory } from './sections/memory.mjs'
import { pythonFiles } from './sections/python.mjs'
import { throughRedis } from './sections/redis.mjs'
import { removing } from './sections/removals.mjs'
import { scrape } from './sections/scrape.mjs'
import { newSeries } from './sections/series.mjs'
import { bundleSize } from './sections/size.mjs'
import { writePath } from './sections/write-path.mjs'

const sections = {
  write: writePath,
  functions: measuredFunctions,
  series: newSeries,
  memory,
  import: importTime,
  size: bundleSize,
  scrape,
  removals: removing,
  http: httpOverhead,
  redis: throughRedis,
  python: pythonFiles,
}

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: Object.keys(sections) },
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
})
for (const name of options.only) {
  if (sections[name] === undefined) {
    console.error(`--only takes ${Object.keys(sections).join(', ')}; not ${name}`)
    process.exit(2)
  }
}
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    endAll()
    process.exit(1)
  })
}

provision()
const faults = new Faults()
const context = { runtimes: runtimes(), quick: options.quick, faults }
const results = {}
console.log(`${os.cpus()[0].model}, ${os.availableParallelism()} processors, ${os.type()} ${os.release()}`)
const [load] = os.loadavg()
if (load > os.availableParallelism() / 2) {
  console.log(
    `Other programs are at work (load ${load.toFixed(1)}): run again when it is quiet before quoting a figure.`,
  )
}
for (const [name, section] of Object.entries(sections)) {
  if (options.only.includes(name)) results[name] = await section(context)
}
printGoals({
  write: results.write,
  series: results.series,
  memory: results.memory,
  start: results.import,
  scrape: results.scrape,
  http: results.http,
})
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`)
if (faults.count > 0) {
  console.error(`\n${faults.count} faults: a total was wrong or a process failed.`)
  process.exitCode = 1
}
