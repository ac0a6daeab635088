import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { root } from '../helpers/processes/dist.js'
import { ask } from '../helpers/processes/http.js'
import { freePort } from '../helpers/processes/port.js'
import { until } from '../helpers/processes/until.js'
import { hasWine, Windows } from '../helpers/wine.js'

async function value(url: string, sample: string): Promise<number> {
  const { body } = await ask(url)
  return Number(
    body
      .split('\n')
      .find((line) => line.startsWith(`${sample} `))
      ?.split(' ')
      .at(-1),
  )
}

describe.skipIf(!hasWine)('on Windows, as Wine runs it', () => {
  let windows: Windows

  beforeAll(async () => {
    windows = await Windows.start()
    await cp(join(root, 'examples', 'demo'), join(windows.folder, 'demo'), { recursive: true })
  })
  afterAll(() => windows?.stop())

  test.each([
    { writer: 'addon', env: {}, losesLastInterval: false },
    { writer: 'portable writer', env: { PROMHIVE_NATIVE: 'off' }, losesLastInterval: true },
  ])('fifty killed workers lose no count that was answered: $writer', async ({ env, losesLastInterval }) => {
    const shop = windows.node(['shop.cjs', `kills-${losesLastInterval}`], { env })
    const metrics = await shop.says(/metrics at (\S+)/)
    const url = `http://127.0.0.1:${await shop.says(/listening 3 on (\d+)/)}/`
    const sum = async () =>
      (await value(metrics, 'purchases_total{size="small"}')) + (await value(metrics, 'purchases_total{size="large"}'))
    let expected = 0
    for (let round = 0; round < 50; round++) {
      for (let i = 0; i < 5; i++) {
        const many = Math.random() < 0.5
        await ask(many ? `${url}many` : url)
        expected += many ? 1000 : 1
      }
      // The portable writer writes what was counted within 100 ms.
      if (losesLastInterval) await until(sum, (seen) => seen === expected)
      const workers = windows.pids(`kills-${losesLastInterval}`).filter((pid) => pid !== shop.process.pid)
      process.kill(workers[round % workers.length]!, 'SIGKILL')
      await shop.says(new RegExp(`listening ${4 + round} on`))
      expect(await sum()).toBe(expected)
    }
    shop.process.kill('SIGKILL')
  })

  test('series that come and go, with readers of their files, leave an exact total', async () => {
    const churn = windows.node(['churn.cjs', '60'])
    const output = await churn.result()
    const [, rounds, expected] = /rounds (\d+) of (\d+), sessions 0/.exec(output) ?? [output]
    expect(rounds).toBe(expected)
    expect(churn.errors).not.toContain('FILE_UNREADABLE')
  })

  test('ten reloads under load answer every request', async () => {
    const [port, metricsPort] = [await freePort(), await freePort()]
    const url = `http://127.0.0.1:${port}/`
    const run = [
      'run',
      'server.cjs',
      '--workers',
      '3',
      '--port',
      String(metricsPort),
      '--bind',
      `127.0.0.1:${port}`,
      '--log-level',
      'debug',
    ]
    const parent = windows.node(['parent.cjs', ...run])
    const orders = `http://127.0.0.1:${await parent.says(/orders on (\d+)/)}/`
    await until(
      () => parent.errors,
      (text) => text.includes('workers serve'),
    )
    let loading = true
    let answered = 0
    const load = async () => {
      for (; loading; answered++) {
        const { status } = await ask(url).catch((cause) => {
          throw new Error(`after ${answered} answers: ${cause.message}; ${parent.errors}`)
        })
        expect(status).toBe(200)
      }
    }
    const loads = [load(), load(), load()]
    for (let reload = 1; reload <= 10; reload++) {
      await ask(`${orders}SIGHUP`)
      await until(
        () => ({ replaced: parent.errors.split('(reload)').length - 1, end: parent.errors.slice(-400) }),
        ({ replaced }) => replaced === 3 * reload,
      )
    }
    loading = false
    await Promise.all(loads)
    expect(await value(`http://127.0.0.1:${metricsPort}/metrics`, 'purchases_total')).toBe(answered)
    await ask(`${orders}SIGTERM`)
    expect(await parent.result()).toContain('ended with 0')
  })

  test('processes with and without the addon count together', async () => {
    const dir = 'C:\\users\\root\\mixed counts'
    const shops = [{}, { PROMHIVE_NATIVE: 'off' }].map((env) =>
      windows.node(['shop.cjs'], { env: { PROMHIVE_DIR: dir, ...env } }),
    )
    let expected = 0
    const [first, second] = await Promise.all(shops.map((shop) => shop.says(/metrics at (\S+)/)))
    for (const shop of shops) {
      const url = `http://127.0.0.1:${await shop.says(/listening 3 on (\d+)/)}/`
      for (let i = 0; i < 30; i++, expected++) await ask(url)
    }
    for (const url of [first!, second!]) {
      await until(
        () => value(url, 'purchases_total{size="small"}'),
        (seen) => seen === expected,
      )
    }
    for (const shop of shops) shop.process.kill('SIGKILL')
  })

  test('the demo agrees, and top shows an application', async () => {
    expect(await windows.node(['demo\\demo.mjs']).result()).toContain('Everything agrees.')
    const shop = windows.node(['shop.cjs'], { env: { PROMHIVE_DIR: 'C:\\users\\root\\top counts' } })
    await shop.says(/listening 3 on/)
    expect(await windows.promhive(['top', 'C:\\users\\root\\top counts']).result()).toMatch(/worker +process/)
    shop.process.kill('SIGKILL')
  })
})
