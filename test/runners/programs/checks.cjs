// What every runner runs in every test file. The files of one process must not see each other's counts.
const assert = require('node:assert/strict')
const { fork } = require('node:child_process')
const { once } = require('node:events')
const { appendFileSync } = require('node:fs')
const http = require('node:http')
const { join } = require('node:path')

async function read(port, path) {
  const [response] = await once(http.get({ port, path, agent: false }), 'response')
  let text = ''
  for await (const part of response.setEncoding('utf8')) text += part
  return text
}

/** @returns {Record<string, () => Promise<void>>} */
module.exports = ({ register, startMetricsServer, kit, app }) => {
  const { jobs, server } = app
  return {
    'counts and scrapes': async () => {
      kit.resetMetrics()
      jobs.inc({ queue: 'mail' })
      assert.match(await register.metrics(), /^jobs_total\{queue="mail"\} 1$/m)
      jobs.inc({ queue: 'mail' })
      assert.equal(await kit.readValue(jobs, { queue: 'mail' }), 2)
    },
    'answers at a metrics port': async () => {
      kit.resetMetrics()
      jobs.inc({ queue: 'sms' })
      const metrics = await startMetricsServer({ port: 0 })
      assert.match(await read(metrics.port, '/metrics'), /^jobs_total\{queue="sms"\} 1$/m)
      await metrics.close()
    },
    'measures requests': async () => {
      kit.resetMetrics()
      await once(server.listen(0), 'listening')
      try {
        assert.equal(await read(server.address().port, '/'), 'hello\n')
        await kit.waitForValue('http_request_duration_seconds_count', { status_code: 200 }, 1)
      } finally {
        await new Promise((resolve) => server.close(resolve))
      }
    },
    'counts together with a child process': async () => {
      kit.resetMetrics()
      const directory = kit.shareWithChildren()
      appendFileSync(join(__dirname, 'directories'), `${directory}\n`)
      jobs.inc({ queue: 'mail' })
      const child = fork(join(__dirname, 'child.cjs'), { env: { PROMHIVE_DIR: directory } })
      await once(child, 'exit')
      assert.equal(await kit.readValue(jobs, { queue: 'mail' }), 2)
    },
    'tells what was expected': async () => {
      kit.resetMetrics()
      jobs.inc({ queue: 'mail' })
      await kit.expectMetrics('jobs_total{queue="mail"} 1', { names: ['jobs_total'] })
      await assert.rejects(kit.waitForValue(jobs, { queue: 'mail' }, 3, { timeout: 20 }), /it was 1/)
      assert.equal(await kit.countSeries(jobs), 1)
    },
  }
}
