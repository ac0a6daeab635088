import { describe, expect, test } from 'vitest'
import { workerEnvironment } from '../../../src/supervisor/gunicorn/environment-manager.js'
import { Configuration } from '../../../src/supervisor/settings/configuration.js'

function settingsOf(code: object, environment: NodeJS.ProcessEnv = {}) {
  return new Configuration({ environment, code: code as never }).settings
}

describe('the settings of targets', () => {
  test('are passed to the workers, under the names of their variables', () => {
    const settings = settingsOf({
      workerPorts: '9500 - 9599',
      targetLabels: { app: 'shop', region: 'eu' },
      targetFileSd: '/tmp/shop.json',
    })
    expect(workerEnvironment(settings)).toMatchObject({
      PROMHIVE_WORKER_PORTS: '9500-9599',
      PROMHIVE_TARGET_LABELS: 'app=shop,region=eu',
      PROMHIVE_TARGET_FILE_SD: '/tmp/shop.json',
    })
    expect(workerEnvironment(settings)).not.toHaveProperty('PROMHIVE_WORKER_HOST')
    expect(Object.keys(workerEnvironment(settingsOf({})))).not.toContain('PROMHIVE_WORKER_PORTS')
  })

  test.each([0, '0', 9500, 'off', false, ''])('workerPorts may be %o', (workerPorts) => {
    const off = ['off', false, ''].includes(workerPorts as never)
    expect(settingsOf({ workerPorts }).workerPorts).toBe(off ? '' : String(workerPorts))
  })

  test.each([
    [{ workerPorts: '9599-9500' }, 'workerPorts must be a range of ports such as 9500-9599'],
    [{ workerPorts: true }, 'workerPorts must be a range of ports'],
    [{ targetLabels: 'app' }, 'targetLabels must be labels such as app=shop,region=eu'],
    [{ targetLabels: { 'a-b': 'x' } }, 'targetLabels must be labels'],
    [{ targetLabels: { app: 'a,b' } }, 'targetLabels must be labels'],
    [{ targetFileSd: '/tmp/shop' }, 'targetFileSd must be the path of a file that ends in .json'],
  ])('%o is refused', (code, text) => expect(() => settingsOf(code)).toThrow(text))
})
