import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { knownVariables } from '../../src/cli/doctor/known-variables.js'
import { misspeltVariables, promhiveVariables } from '../../src/runtime/misspelt-variables.js'

test.for([
  ['PROMHIVE_TEXTFILE', 'PROMHIVE_TEXT_FILE'],
  ['PROMHIVE_OTPL', 'PROMHIVE_OTLP'],
  ['PROMHIVE_METRIC_PORT', 'PROMHIVE_METRICS_PORT'],
  ['PROMHIVE_REMOTEWRITE', 'PROMHIVE_REMOTE_WRITE'],
  ['PROMHIVE_WORKER', 'PROMHIVE_WORKERS'],
  ['PROMHIVE_REDIS_URI', 'PROMHIVE_REDIS_URL'],
])('%s is probably %s', ([name, meant]) => {
  expect(misspeltVariables({ [name!]: 'x' })).toEqual([`there is no variable ${name}; did you mean ${meant}?`])
})

test('known names, those of Kubernetes and those of the application are none', () => {
  for (const name of knownVariables) expect(misspeltVariables({ [name]: 'x' })).toEqual([])
  const others = {
    PROMHIVE_SERVICE_HOST: '10.0.0.1',
    PROMHIVE_PORT: 'tcp://10.0.0.1:9464',
    PROMHIVE_PORT_9464_TCP_ADDR: '10.0.0.1',
    PROMHIVE_IMAGE: 'shop',
    PROMHIVE_VERSION: '1',
    PROMHIVE_NAMESPACE: 'shop',
    TEXT_FILES: 'x',
  }
  expect(misspeltVariables(others)).toEqual([])
})

test('the list has every variable that a table of the supervisor or of Redis has', () => {
  const own = (names: ReadonlySet<string>) => [...names].filter((name) => name.startsWith('PROMHIVE_')).sort()
  expect(own(promhiveVariables)).toEqual(own(knownVariables))
})

test('a process that counts warns of them', () => {
  const counts = `import { Counter } from 'promhive'; new Counter({ name: 'jobs_total', help: 'Jobs.' }).inc()`
  const env = { ...process.env, PROMHIVE_TEXTFILE: '/tmp/x.prom' }
  const { stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', counts], { env, encoding: 'utf8' })
  expect(stderr).toContain('[PROMHIVE_VARIABLE_UNKNOWN] promhive: there is no variable PROMHIVE_TEXTFILE; did you mean')
})
