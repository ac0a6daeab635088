import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { controlAt, controlName, kinds, valuesName } from '../../../src/store/shared/format.js'
import { readHead } from '../../../src/store/shared/seat.js'
import type { Actor } from '../processes/actor.js'
import { Exposition } from '../processes/exposition.js'
import { readDirectory } from '../processes/reading.js'
import type { Stage } from '../processes/stage.js'
import { until } from '../processes/until.js'
import { RedisServer } from './redis-server.js'

/** Two hosts whose processes come, count, remove, are killed and end: Redis sees the hosts, and nothing is lost. */
export async function lifeOfTwoHosts(stage: Stage, env: Readonly<Record<string, string>>): Promise<void> {
  const server = await RedisServer.start(stage)
  const hosts = [stage.directory(), stage.directory()]
  const start = (host: number): Promise<Actor> => onHost(stage, server.url, hosts[host]!, `host-${host}`, env)
  const here = [await start(0), await start(0), await start(0)]
  const there = [await start(1), await start(1)]
  for (const [i, actor] of [...here, ...there].entries()) {
    await actor.ask('count', 'jobs_total', { who: 'all' }, 10 ** i)
    await actor.ask('observe', 'duration_seconds', {}, 2)
    await actor.ask('setGauge', 'level', 'livesum', 1)
    await actor.ask('setGauge', 'each', 'liveall', 7)
    await actor.ask('setGauge', 'highest', 'max', i)
  }
  for (const actor of [...here, ...there]) {
    const scrape = await scraped(actor, (seen) => seen.value('level') === 5 && seen.total('jobs_total') === 11_111)
    expect(scrape.value('duration_seconds_count')).toBe(10)
    expect(scrape.value('highest')).toBe(4)
    expect(Object.values(scrape.labelled('each'))).toEqual([7, 7, 7, 7, 7])
  }
  expect(await server.ask('HLEN', '{promhive}:ledgers')).toBe(2)

  // Counts that are not sent yet are in the directory: the next process that flushes sends them.
  await here[0]!.ask('count', 'jobs_total', { who: 'all' }, 100_000)
  // Without the addon, a little later.
  await until(
    () => readDirectory(hosts[0]!),
    ({ scrape }) => scrape.total('jobs_total') === 100_111,
  )
  await here[0]!.kill()
  for (const actor of [here[1]!, there[0]!]) {
    const scrape = await scraped(actor, (seen) => seen.total('jobs_total') === 111_111)
    expect(scrape.value('highest')).toBe(4)
  }
  await scraped(there[0]!, (seen) => seen.value('level') === 4)
  await there[0]!.ask('remove', 'jobs_total', { who: 'all' })
  await scraped(there[0]!, (seen) => seen.total('jobs_total') === 0)
  await scraped(here[1]!, (seen) => seen.total('jobs_total') === 0)
  // Counts before a process has noticed a removal are removed with it.
  for (const directory of hosts) await until(() => haveNoticed(directory), Boolean)
  await here[1]!.ask('count', 'jobs_total', { who: 'all' }, 3)
  await there[1]!.ask('count', 'jobs_total', { who: 'all' }, 4)
  for (const actor of [here[2]!, there[0]!]) await scraped(actor, (seen) => seen.total('jobs_total') === 7)
  expect(await server.ask('HLEN', '{promhive}:ledgers')).toBe(2)

  // A host that ends leaves its totals.
  for (const actor of there) {
    await actor.ask('close')
    await actor.kill()
  }
  const last = await scraped(here[1]!, (seen) => seen.value('level') === 2)
  expect(last.total('jobs_total')).toBe(7)
  await until(
    async () => ((await server.ask('HKEYS', '{promhive}:ledgers')) as string[]).sort().map((id) => id.split(':')[0]),
    (kinds) => kinds.join() === 'host,totals',
  )
  expect((await scraped(here[2]!, () => true)).total('jobs_total')).toBe(7)
}

/** Whether nothing is left of the removed series, and every writer there knows it. */
async function haveNoticed(directory: string): Promise<boolean> {
  const { scrape, writers } = await readDirectory(directory)
  if (scrape.total('jobs_total') > 0) return false
  const end = readFileSync(join(directory, controlName)).readDoubleLE(controlAt.end)
  // One with the addon sees the gate turn when it next counts; one without looks when it next writes.
  const looking = writers.filter(({ live }) => live).map(({ seat }) => readHead(join(directory, valuesName(seat))))
  return looking.every((head) => head?.kind === kinds.mapped || (head?.removals ?? 0) >= end)
}

/** A process of a host. */
export function onHost(
  stage: Stage,
  url: string,
  dir: string,
  instance: string,
  env: Readonly<Record<string, string>>,
): Promise<Actor> {
  const options = JSON.stringify({
    perHost: true,
    dir,
    instance,
    flushInterval: 0.3,
    // Long enough that no process counts as dead because the machine is busy.
    deadAfter: env.PROMHIVE_NATIVE === 'off' ? 8 : 5,
  })
  return stage.start('redis-actor.mjs', { args: ['url', url, options], env })
}

/** A scrape that is so, sooner or later. */
export function scraped(actor: Actor, is: (seen: Exposition) => boolean): Promise<Exposition> {
  return until(async () => new Exposition(await actor.ask('scrape')), is, 40_000)
}
