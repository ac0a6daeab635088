import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { root } from '../helpers/processes/dist.js'
import { ask } from '../helpers/processes/http.js'
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
