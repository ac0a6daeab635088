import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { freshDirectory } from '../helpers/homes.js'
import { root } from '../helpers/source-imports.js'

/*
 * promhive loads node:cluster after the first count, and node:worker_threads never, if the application has not: what starts
 * children must be noticed whenever it does.
 */

const head = `
const { Counter, register } = require(${JSON.stringify(join(root, 'dist', 'cjs', 'index.js'))})
const jobs = new Counter({ name: 'jobs_total', help: 'J.' })
const shows = async (value) => {
  while (!(await register.metrics()).includes('jobs_total ' + value)) await new Promise((done) => setTimeout(done, 20))
}`

/** Each child counts 10 and waits; the parent counts 1 and must see 11, the child as well. */
const child = `jobs.inc(10); shows(11).then(() => process.exit())`

const programs: Readonly<Record<string, string>> = {
  'a worker that is started in the turn of the first count': `
    jobs.inc(); const cluster = require('node:cluster'); start(cluster)`,
  'a worker that is started before': `
    const cluster = require('node:cluster'); start(cluster); jobs.inc()`,
  'a worker that is started much later': `
    jobs.inc(); setTimeout(() => start(require('node:cluster')), 200)`,
  'a thread that is started in the turn of the first count': `
    jobs.inc(); startThread()`,
  'a thread that is started before': `
    startThread(); jobs.inc()`,
  'a thread that is started much later': `
    jobs.inc(); setTimeout(startThread, 200)`,
}

test.each(Object.entries(programs))('the processes of an application find each other: %s', (_, program) => {
  const script = `${head}
if (process.env.NODE_UNIQUE_ID !== undefined || process.env.CHILD !== undefined) { ${child} } else {
  const ended = (code) => shows(11).then(() => { console.log('ended', code, 'and seen'); process.exit() })
  function start(cluster) {
    cluster.setupPrimary({ exec: __filename, execArgv: [] })
    cluster.fork({ CHILD: '1' }).on('exit', ended)
  }
  function startThread() {
    const { Worker } = require('node:worker_threads')
    new Worker(__filename, { env: { ...process.env, CHILD: '1' } }).on('exit', ended)
  }
  ${program}
}`
  expect(run(script)).toBe('ended 0 and seen\n')
})

function run(script: string): string {
  const file = join(freshDirectory(), 'program.cjs')
  writeFileSync(file, script)
  return execFileSync(process.execPath, [file], { encoding: 'utf8', timeout: 60_000 })
}
