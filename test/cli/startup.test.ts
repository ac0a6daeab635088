import { expect, test } from 'vitest'
import { startupLines } from '../../src/cli/startup.js'
import { Configuration } from '../../src/supervisor/settings/configuration.js'

const nowhere = { metricsUrl: undefined, pageUrl: undefined, statsAddress: undefined, directory: undefined }

test('a started application prints what is enabled, and where to look', () => {
  const { settings } = new Configuration({
    code: { register: true, timeout: 20, maxRequests: 5000, maxRss: 536_870_912, user: 'www-data', compat: 'gunicorn' },
  })
  const metricsUrl = 'http://127.0.0.1:9464/metrics'
  const pageUrl = 'http://127.0.0.1:9464/'
  const where = { metricsUrl, pageUrl, statsAddress: 'unix:/run/shop.stats', directory: '/dev/shm/shop' }
  expect(startupLines({ pid: 4711, app: 'shop.js', workers: 4, settings, ...where }).join('\n')).toBe(
    `on: every request measured (register); names of gunicorn’s exporter; workers blocked for 20 s reported and replaced; replaced after 5000 requests; replaced above 512 MiB; run as www-data
look: promhive stats unix:/run/shop.stats; promhive top /dev/shm/shop
supervisor 4711: 4 workers serve shop.js; page at http://127.0.0.1:9464/; metrics at http://127.0.0.1:9464/metrics`,
  )
})

test.each([
  ['redis 127.0.0.1:6379/0 {shop}', 'promhive top --redis URL --prefix shop (URL: that of 127.0.0.1:6379/0)'],
  ['redis mymaster {till}', 'promhive top --redis URL --prefix till (URL: that of mymaster)'],
  ['redis {shop}', 'promhive top --redis URL --prefix shop'],
])('an application that counts in %s prints how to look there', (backend, look) => {
  const { settings } = new Configuration({ code: { timeout: 0 } })
  const where = { ...nowhere, metricsUrl: 'http://127.0.0.1:9464/metrics', backend }
  expect(startupLines({ pid: 4711, app: 'shop.js', workers: 1, settings, ...where })[0]).toBe(`look: ${look}`)
})

test('an application in which nothing is enabled prints that', () => {
  const { settings } = new Configuration({ code: { timeout: 0 } })
  expect(startupLines({ pid: 4711, app: 'shop.js', workers: 1, settings, ...nowhere })).toEqual([
    'look: no metrics port is open',
    'supervisor 4711: 1 worker serves shop.js',
  ])
})
