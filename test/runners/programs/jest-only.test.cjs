const kit = require('promhive/testing/metrics')
const { register, startMetricsServer } = require('promhive')
const app = require('./app.cjs')
const makeChecks = require('./checks.cjs')

const kinds = [
  ['modern', {}],
  ['legacy', { legacyFakeTimers: true }],
]
const checks = Object.entries(makeChecks({ register, startMetricsServer, kit, app }))

afterEach(() => jest.useRealTimers())

describe.each(kinds)('%s fake timers', (_, options) => {
  test.each(checks)('%s', async (_name, check) => {
    jest.useFakeTimers(options)
    await check()
  })
})

test('isolated modules leave those of the file alone', async () => {
  kit.resetMetrics()
  app.jobs.inc({ queue: 'mail' })
  jest.isolateModules(() => require('./app.cjs').jobs.inc({ queue: 'mail' }, 5))
  app.jobs.inc({ queue: 'mail' })
  expect(await kit.readValue(app.jobs, { queue: 'mail' })).toBe(2)
})

describe('after resetModules', () => {
  beforeEach(() => jest.resetModules())

  test.each([1, 2, 3])('promhive has nothing of before (%s)', async (n) => {
    const { Gauge, register } = require('promhive')
    const { jobs } = require('./app.cjs')
    // Other labels each time, which would be refused in one registry.
    new Gauge({ name: 'level', help: 'Level.', labelNames: [`label_${n}`] }).set({ [`label_${n}`]: n }, n)
    jobs.inc({ queue: 'mail' })
    expect(await register.metrics()).toMatch(/^jobs_total\{queue="mail"\} 1$/m)
  })
})

test.each(kinds)('%s fake timers before promhive is loaded', async (_, options) => {
  jest.useFakeTimers(options)
  jest.resetModules()
  const again = require('promhive')
  const { jobs } = require('./app.cjs')
  jobs.inc({ queue: 'mail' })
  expect(await again.register.metrics()).toMatch(/^jobs_total\{queue="mail"\} 1$/m)
  const metrics = await again.startMetricsServer({ port: 0 })
  await metrics.close()
})
