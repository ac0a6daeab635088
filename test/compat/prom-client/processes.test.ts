import { describe, expect } from 'vitest'
import { Exposition } from '../../helpers/processes/exposition.js'
import { sharedBackends, test } from '../../helpers/processes/stage.js'
import { until } from '../../helpers/processes/until.js'

const program = '../../compat/programs/client-worker.mjs'

interface Shown {
  readonly aggregator: string
  readonly values: readonly { readonly value: number; readonly labels: object }[]
}

describe.each(sharedBackends)('$backend: three workers that count with the metrics of prom-client', ({ env }) => {
  test('are shown together by each of them, as one worker shows itself, and after one was killed', async ({
    stage,
  }) => {
    const options = { env: { ...env, PROMHIVE_DIR: stage.directory() } }
    const workers = await Promise.all([1, 2, 3].map(() => stage.start(program, options)))
    const [first, second, killed] = workers as [(typeof workers)[0], (typeof workers)[0], (typeof workers)[0]]
    for (const [i, worker] of workers.entries()) {
      await worker.ask('level', [30, 20, 10][i])
      for (let n = 0; n <= i; n++) await worker.ask('request', 200, 'GET')
    }
    await killed.ask('request', '500', 'POST')
    const scrape = async (): Promise<Exposition> => new Exposition(await first.ask<string>('text'))
    const whole = await until(scrape, (shown) => shown.value('seconds_count{route="/"}') === 7)
    expect(whole.value('requests_total{status="200",method="GET"}')).toBe(6)
    expect(whole.value('requests_total{status="500",method="POST"}')).toBe(1)
    expect(whole.value('sizes_count')).toBe(7)
    expect(Math.abs(whole.value('sizes{quantile="0.5"}')! - 10)).toBeLessThan(0.1)
    expect(levelsOf(whole)).toEqual({ sum: 60, min: 10, max: 30, average: 20, first: 30, omit: 30, up: 1 })
    expect(levelsOf(new Exposition(await second.ask<string>('text')))).toMatchObject({ first: 30, omit: 20, up: 1 })

    // What this worker has not passed itself looks like what it has.
    const { aggregator, values } = await second.ask<Shown>('get')
    expect({ aggregator, values }).toEqual({
      aggregator: 'sum',
      values: [
        { value: 6, labels: { status: 200, method: 'GET' } },
        { value: 1, labels: { status: 500, method: 'POST' } },
      ],
    })
    expect(await second.ask('own')).toEqual({
      'method:GET,status:200,': { value: 2, labels: { status: 200, method: 'GET' } },
    })

    await killed.kill()
    const later = await until(scrape, (shown) => shown.value('level_sum') === 50)
    expect(levelsOf(later)).toEqual({ sum: 50, min: 20, max: 30, average: 25, first: 30, omit: 30, up: 1 })
    expect(later.value('requests_total{status="200",method="GET"}')).toBe(6)
    expect(later.value('seconds_bucket{le="1",route="/"}')).toBe(7)
    expect(later.value('turns{kind="own"}')).toBe(2)

    await second.ask('remove', 200, 'GET')
    const removed = await until(
      scrape,
      (shown) => shown.value('requests_total{status="200",method="GET"}') === undefined,
    )
    expect(removed.value('requests_total{status="500",method="POST"}')).toBe(1)
  })
})

function levelsOf(scrape: Exposition): Record<string, number | undefined> {
  const names = ['sum', 'min', 'max', 'average', 'first', 'omit']
  return { ...Object.fromEntries(names.map((name) => [name, scrape.value(`level_${name}`)])), up: scrape.value('up') }
}
