import { execFile } from 'node:child_process'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect } from 'vitest'
import { cleanEnvironment } from '../helpers/processes/actor.js'
import { provideDist, root } from '../helpers/processes/dist.js'
import { type Stage, test } from '../helpers/processes/stage.js'

const execute = promisify(execFile)

/** Two cluster workers that count 1 each, and a primary that counts 1: which total each of them sees. */
const program = (configuration: string) => `
  import cluster from 'node:cluster'
  import { once } from 'node:events'
  import { configure, Counter, register } from ${JSON.stringify(join(root, 'dist/esm/index.js'))}
  ${configuration}
  const jobs = new Counter({ name: 'jobs_total', help: 'Jobs.' })
  jobs.inc()
  const total = async () => Number(/^jobs_total (.*)$/m.exec(await register.metrics())[1])
  if (cluster.isPrimary) {
    const workers = [cluster.fork(), cluster.fork()]
    await Promise.all(workers.map(async (worker) => (await once(worker, 'message'))[0]))
    const seen = [await total()]
    for (const worker of workers) {
      worker.send('total')
      seen.push((await once(worker, 'message'))[0])
    }
    console.log(JSON.stringify(seen))
    for (const worker of workers) worker.disconnect()
  } else {
    process.on('message', async () => process.send(await total()))
    await total()
    process.send('ready')
  }`

async function totals(stage: Stage, env: Record<string, string>, configuration = '') {
  provideDist()
  const cwd = stage.folder()
  const file = join(cwd, 'app.mjs')
  writeFileSync(file, program(configuration))
  const { stdout, stderr } = await execute(process.execPath, [file], { cwd, env: { ...cleanEnvironment(), ...env } })
  return { seen: JSON.parse(stdout) as number[], stderr, cwd }
}

describe('the directory "memory"', () => {
  test.for([
    ['PROMHIVE_DIR', [], { PROMHIVE_DIR: 'memory' }],
    ['--dir', ['--dir', 'memory'], {}],
  ] as const)(
    'is refused by promhive run (%s), which could not show its workers',
    async ([name, args, env], { stage }) => {
      provideDist()
      const cli = join(root, 'dist/esm/cli/bin.js')
      const cwd = stage.folder()
      writeFileSync(join(cwd, 'app.mjs'), '')
      const options = { cwd, env: { ...cleanEnvironment(), ...env } }
      await expect(execute(process.execPath, [cli, 'run', 'app.mjs', ...args], options)).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringContaining(`${name} must be a path (memory would keep each worker to itself`),
      })
    },
  )

  test.for([
    ['in the environment', { PROMHIVE_DIR: 'memory' }, ''],
    ['under the name of other clients', { PROMETHEUS_MULTIPROC_DIR: 'memory' }, ''],
    ['in the environment, beside a backend', { PROMHIVE_DIR: 'memory', PROMHIVE_BACKEND_CLASS: './none.js' }, ''],
    ['in code', {}, `configure({ dir: 'memory' })`],
  ] as const)('%s keeps each process to itself', async ([, env, configuration], { stage }) => {
    const { seen, stderr, cwd } = await totals(stage, env, configuration)
    expect({ seen, stderr }).toEqual({ seen: [1, 1, 1], stderr: '' })
    expect(readdirSync(cwd)).toEqual(['app.mjs'])
  })

  test.for([
    ['in the environment', { PROMHIVE_DIR: './memory' }, ''],
    ['in code', {}, `configure({ dir: './memory' })`],
  ] as const)('with a dot, %s, is a folder', async ([, env, configuration], { stage }) => {
    const { seen, cwd } = await totals(stage, env, configuration)
    expect(seen).toEqual([3, 3, 3])
    expect(existsSync(join(cwd, 'memory', 'control'))).toBe(true)
  })
})
