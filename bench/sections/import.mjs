import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { libraries, versionOf } from '../library.mjs'
import { median } from '../median.mjs'
import { figure, printTable } from '../table.mjs'

/**
 * What `import` adds to the start of an empty Node: its time, and its processor time, which other programs disturb less.
 * Then what the first count and the first scrape take, because a library can postpone its work until then.
 */
export async function importTime({ runtimes, quick, faults }) {
  const results = []
  for (const runtime of runtimes) {
    const rows = candidates(runtime).map((candidate) => ({ ...candidate, samples: [] }))
    for (let round = 0; round < (quick ? 5 : 15); round++) {
      for (const row of rows) {
        await faults.guard(`import, ${row.name}, ${runtime.name}`, async () => {
          row.samples.push(startOnce(runtime, row))
          return { wrong: [] }
        })
      }
    }
    const of = (name, figure) => median(rows.find((row) => row.name === name)?.samples.map((one) => one[figure]) ?? [])
    const measured = rows.map(({ name, empty }) => ({
      name,
      ms: of(name, 'took'),
      added: of(name, 'took') - of(empty, 'took'),
      processor: of(name, 'processor') - of(empty, 'processor'),
      inc: of(name, 'inc'),
      scrape: of(name, 'scrape'),
    }))
    results.push({ runtime: runtime.name, measured })
    console.log(`\nStart of a process, ms, ${runtime.name}`)
    printTable(
      ['', 'whole process', 'added', 'processor time added', 'first inc', 'first scrape'],
      measured.map(({ name, ms, ...others }) => [
        name,
        figure(ms),
        ...['added', 'processor', 'inc', 'scrape'].map((each) =>
          Number.isNaN(others[each]) || others[each] === undefined ? '' : figure(others[each]),
        ),
      ]),
    )
  }
  return results
}

/** Follows the import in each process. The first `inc` is that of a metric with labels, which is made before. */
const uses = `
const { Counter, register } = client
const jobs = new Counter({ name: 'jobs_total', help: 'Jobs.', labelNames: ['queue', 'status'] })
const began = performance.now()
jobs.inc({ queue: 'mail', status: 'done' })
const counted = performance.now()
const text = await register.metrics()
if (!text.includes('} 1')) throw new Error(text)
console.log(JSON.stringify({ inc: counted - began, scrape: performance.now() - counted }))`

function candidates(runtime) {
  const peers = libraries
    .filter(({ peer, needsNode }) => peer && runtime.major >= needsNode)
    .map((library) => script(`require ${library.variants[0].name}`, fileURLToPath(new URL('.', library.package))))
  const esm = new URL('../../dist/esm/index.js', import.meta.url)
  const cjs = fileURLToPath(new URL('../../dist/cjs/index.js', import.meta.url))
  const ours = `promhive ${versionOf(libraries[0])}`
  const begin = `import * as client from ${JSON.stringify(esm.href)}`
  return [
    { name: 'empty module', argv: ['--input-type=module', '--eval', ''] },
    {
      name: `import ${ours}`,
      empty: 'empty module',
      argv: ['--input-type=module', '--eval', begin],
      used: ['--input-type=module', '--eval', `${begin}\n${uses}`],
    },
    { name: 'empty script', argv: ['--eval', ''] },
    script(`require ${ours}`, cjs),
    ...peers,
  ]
}

function script(name, path) {
  const begin = `const client = require(${JSON.stringify(path)})`
  const used = ['--eval', `${begin}\n;(async () => {${uses}})()`]
  return { name, empty: 'empty script', argv: ['--eval', begin], used }
}

function startOnce(runtime, { argv, used }) {
  const start = performance.now()
  run(runtime, argv)
  const took = performance.now() - start
  // The processor time of a process is what it says at its end.
  const processor = Number(run(runtime, argv.with(-1, `${argv.at(-1)}\n;${saysProcessorTime}`)))
  return { took, processor, ...(used !== undefined && JSON.parse(run(runtime, used))) }
}

const saysProcessorTime = 'const { user, system } = process.cpuUsage(); console.log((user + system) / 1000)'

function run(runtime, argv) {
  const { status, stdout, stderr } = spawnSync(runtime.path, argv, { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return stdout
}
