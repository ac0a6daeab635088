import { expect } from 'vitest'
import type { Actor } from '../../helpers/processes/actor.js'
import { Application, eventually, linesOf, one, openMetrics, scraped } from '../../limitations/application.js'
import type { Check } from '../behaviour.js'

export const countersAdd: Check = async ({ stage, env }) => {
  const app = await Application.start(stage, env, 2)
  await app.make('Counter', { name: 'c_total' })
  await app.shows('c_total', one(0))
  await app.actors[0]!.ask('call', 'c_total', 'inc')
  await app.actors[1]!.ask('call', 'c_total', 'inc', 2)
  await app.shows('c_total', one(3))
  await app.actors[1]!.kill()
  await app.shows('c_total', one(3))
}

export const summariesAdd: Check = async ({ stage, env }) => {
  const app = await Application.start(stage, env, 2)
  await app.make('Summary', { name: 's' })
  await app.shows('s_count', one(0))
  await app.shows('s_sum', one(0))
  await app.actors[0]!.ask('call', 's', 'observe', 1)
  await app.actors[1]!.ask('call', 's', 'observe', 2)
  await app.shows('s_count', one(2))
  await app.shows('s_sum', one(3))
}

export const histogramsAdd: Check = async ({ stage, env }) => {
  const app = await Application.start(stage, env, 2)
  await app.make('Histogram', { name: 'h', buckets: [2, 5] })
  await app.shows('h_bucket', { 'le="2"': 0, 'le="5"': 0, 'le="+Inf"': 0 })
  await app.shows('h_sum', one(0))
  await app.actors[0]!.ask('call', 'h', 'observe', 1)
  await app.actors[1]!.ask('call', 'h', 'observe', 4)
  await app.shows('h_bucket', { 'le="2"': 1, 'le="5"': 2, 'le="+Inf"': 2 })
  await app.shows('h_count', one(2))
  await app.shows('h_sum', one(5))
}

export const namesAreComposed: Check = async ({ stage, env }) => {
  const app = await Application.start(stage, env, 2)
  await app.all('registry', 'shop', { name: 'shop', prefix: 'shop_orders_' })
  await app.make('Counter', { name: 'c_total', registers: ['shop'] })
  await app.all('call', 'c_total', 'inc')
  await app.shows('shop_orders_c_total', one(2), 'shop')
}

export const samplesOfTwoProcesses: Check = async ({ stage, env }) => {
  const app = await Application.start(stage, env, 2)
  const labelNames = ['a', 'b']
  await app.make('Counter', { name: 'c_total', labelNames })
  await app.make('Gauge', { name: 'g', labelNames, mode: 'all' })
  await app.make('Histogram', { name: 'h', labelNames, buckets: [1, 5, 10] })
  for (const [i, actor] of app.actors.entries()) {
    await actor.ask('call', 'c_total', 'inc', { a: 'x', b: 'y' }, i + 1)
    await actor.ask('call', 'g', 'set', { a: 'x', b: 'y' }, i + 1)
    for (const value of [1, 2, 7, 20]) await actor.ask('call', 'h', 'observe', { a: 'x', b: 'y' }, value * (i + 1))
  }
  // Buckets ascending, then the sum, then the count: the other way round in Python, where the sum comes first.
  await prints(
    app,
    ['c', 'g', 'h'],
    [
      'c_total{a="x",b="y"} 3',
      'g{a="x",b="y",worker="1"} 1',
      'g{a="x",b="y",worker="2"} 2',
      'h_bucket{a="x",b="y",le="1"} 1',
      'h_bucket{a="x",b="y",le="5"} 4',
      'h_bucket{a="x",b="y",le="10"} 5',
      'h_bucket{a="x",b="y",le="+Inf"} 8',
      'h_sum{a="x",b="y"} 90',
      'h_count{a="x",b="y"} 8',
    ],
  )
}

export const childrenStayTogether: Check = async ({ stage, env }) => {
  const app = await Application.start(stage, env, 2)
  await app.make('Histogram', { name: 'h', labelNames: ['a'], buckets: [1, 2] })
  const [first, second] = app.actors as [Actor, Actor]
  for (const [actor, a] of [
    [first, 'z'],
    [second, 'b'],
    [first, 'b'],
    [second, 'z'],
    [first, 'm'],
  ] as const)
    await actor.ask('call', 'h', 'observe', { a }, 2)
  const child = (a: string, count: number) => [
    `h_bucket{a="${a}",le="1"} 0`,
    `h_bucket{a="${a}",le="2"} ${count}`,
    `h_bucket{a="${a}",le="+Inf"} ${count}`,
    `h_sum{a="${a}"} ${count * 2}`,
    `h_count{a="${a}"} ${count}`,
  ]
  await prints(app, ['h'], [...child('b', 2), ...child('m', 1), ...child('z', 2)])
}

export const oneFamilyAlone: Check = async ({ stage, env }) => {
  const app = await Application.start(stage, env, 2)
  await app.make('Counter', { name: 'c_total' })
  await app.make('Gauge', { name: 'g' })
  await app.all('call', 'c_total', 'inc')
  await app.shows('c_total', one(2))
  const alone = '# HELP c_total c_total.\n# TYPE c_total counter\nc_total 2\n'
  for (const actor of app.actors) expect((await actor.ask<string>('one', 'c_total')).trimEnd()).toBe(alone.trimEnd())
}

export const helpIsKept: Check = async ({ stage, env }) => {
  const app = await Application.start(stage, env, 2)
  for (const [i, type] of ['Counter', 'Gauge', 'Histogram', 'Summary'].entries())
    await app.actors[0]!.ask('make', type, { name: `m${i}`, help: `Help of m${i}: "\\\n` })
  // The other one has defined none of them.
  const helps = async () => (await scraped(app.actors[1]!)).text.split('\n').filter((line) => line.startsWith('# HELP'))
  const expected = [0, 1, 2, 3].map((i) => `# HELP m${i} Help of m${i}: "\\\\\\n`)
  expect(await eventually(helps, expected)).toEqual(expected)
}

export const namesOfSubclassesAreBuiltOnce: Check = async ({ stage, env }) => {
  const app = await Application.start(stage, env, 2)
  await app.all('registry', 'eu', { name: 'eu', prefix: 'eu_' })
  await app.make('ShopCounter', { name: 'sold_bytes_total', unit: 'bytes', labelNames: ['a', 'b'], registers: ['eu'] })
  await app.all('hold', 'half', 'sold_bytes_total', { a: '1' })
  await app.all('holdMore', 'whole', 'half', { b: '2' })
  await app.all('callChild', 'whole', 'inc', 4)
  await app.shows('eu_shop_sold_bytes_total', { 'a="1",b="2"': 8 }, 'eu')
}

export const childrenKnowTheirFamily: Check = async ({ stage, env }) => {
  const app = await Application.start(stage, env, 2)
  await app.all('registry', 'eu', { name: 'eu', prefix: 'eu_' })
  await app.make('ShopCounter', { name: 'sold_bytes_total', unit: 'bytes', labelNames: ['a'], registers: ['eu'] })
  await app.all('hold', 'child', 'sold_bytes_total', '1')
  await app.all('callChild', 'child', 'inc', 3)
  await app.shows('eu_shop_sold_bytes_total', { 'a="1"': 6 }, 'eu')
  for (const actor of app.actors) {
    const { text } = await actor.ask<{ text: string }>('expose', openMetrics, 'eu')
    expect(text).toContain('# TYPE eu_shop_sold_bytes counter\n# UNIT eu_shop_sold_bytes bytes\n')
    expect(text).toContain('eu_shop_sold_bytes_total{a="1"} 6\n')
  }
}

/** Every process comes to print these lines of these families, in this order. */
async function prints(app: Application, families: readonly string[], expected: readonly string[]): Promise<void> {
  for (const actor of app.living()) {
    const look = async () => {
      const { text } = await scraped(actor)
      return families.flatMap((family) => linesOf(text, family))
    }
    expect(await eventually(look, expected)).toEqual(expected)
  }
}
