import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { libraries, versionOf } from '../library.mjs'
import { median } from '../median.mjs'
import { figure, printTable } from '../table.mjs'

/** What `import` adds to the start of an empty Node. */
export async function importTime({ runtimes, quick, faults }) {
  const results = []
  for (const runtime of runtimes) {
    const rows = candidates(runtime).map((candidate) => ({ ...candidate, samples: [] }))
    for (let round = 0; round < (quick ? 5 : 15); round++) {
      for (const row of rows) {
        await faults.guard(`import, ${row.name}, ${runtime.name}`, async () => {
          row.samples.push(startOnce(runtime, row.argv))
          return { wrong: [] }
        })
      }
    }
    const total = new Map(rows.map(({ name, samples }) => [name, median(samples)]))
    const measured = rows.map(({ name, empty }) => ({
      name,
      ms: total.get(name),
      added: total.get(name) - total.get(empty),
    }))
    results.push({ runtime: runtime.name, measured })
    console.log(`\nStart of a process, ms, ${runtime.name}`)
    printTable(
      ['', 'whole process', 'added'],
      measured.map(({ name, ms, added }) => [name, figure(ms), Number.isNaN(added) ? '' : figure(added)]),
    )
  }
  return results
}

function candidates(runtime) {
  const peers = libraries
    .filter(({ peer, needsNode }) => peer && runtime.major >= needsNode)
    .map((library) => ({
      name: `require ${library.variants[0].name}`,
      empty: 'empty script',
      argv: ['--eval', `require(${JSON.stringify(fileURLToPath(new URL('.', library.package)))})`],
    }))
  const esm = new URL('../../dist/esm/index.js', import.meta.url)
  const cjs = fileURLToPath(new URL('../../dist/cjs/index.js', import.meta.url))
  const ours = `promhive ${versionOf(libraries[0])}`
  return [
    { name: 'empty module', argv: ['--input-type=module', '--eval', ''] },
    {
      name: `import ${ours}`,
      empty: 'empty module',
      argv: ['--input-type=module', '--eval', `import ${JSON.stringify(esm.href)}`],
    },
    { name: 'empty script', argv: ['--eval', ''] },
    { name: `require ${ours}`, empty: 'empty script', argv: ['--eval', `require(${JSON.stringify(cjs)})`] },
    ...peers,
  ]
}

function startOnce(runtime, argv) {
  const start = performance.now()
  const { status, stderr } = spawnSync(runtime.path, argv, { encoding: 'utf8' })
  const took = performance.now() - start
  if (status !== 0) throw new Error(stderr)
  return took
}
