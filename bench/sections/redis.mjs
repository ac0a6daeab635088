import { measure } from '../measurement.mjs'
import { median } from '../median.mjs'
import { hasRedis, withServer } from '../redis-servers.mjs'
import { figure, printTable, times } from '../table.mjs'
import { scaleOfRedis } from './redis-scale.mjs'

/** A flush and a scrape through a Redis of its own, beside one command for each increment: pytheus' way. */
export async function throughRedis({ runtimes, quick, faults }) {
  if (!hasRedis) {
    console.log('\nRedis: left out, there is no redis-server here')
    return []
  }
  const results = []
  for (const series of quick ? [1_000] : [10_000, 100_000]) {
    await faults.guard(`redis, ${series} series`, async () => {
      const taken = await withServer((url) =>
        measure('redis', { url, series, rounds: quick ? 2 : 5 }, { runtime: runtimes[0] }),
      )
      const names = ['flush', 'scrape', 'single', 'pipelined', 'hashScrape', 'flushTrips', 'scrapeTrips']
      const row = Object.fromEntries(names.map((name) => [name, median(taken[name])]))
      results.push({ series, ...row })
      return taken
    })
  }
  print(results)
  const inc = await heldInc(runtimes[0], quick, faults)
  const scale = await scaleOfRedis(runtimes[0], quick, faults)
  return { results, inc, scale }
}

/** An increment through Redis and one in the shared directory, in turns. */
async function heldInc(runtime, quick, faults) {
  const taken = { redis: [], shared: [] }
  const rounds = quick ? 3 : 9
  for (let turn = 0; turn < (quick ? 1 : 3); turn++) {
    await faults.guard('redis, held child', async () => {
      const through = await withServer((url) => measure('held-inc', { url, rounds }, { runtime }))
      const beside = await measure('held-inc', { rounds }, { runtime, variant: { shared: true } })
      taken.redis.push(...through.inc)
      taken.shared.push(...beside.inc)
      return { wrong: [...through.wrong, ...beside.wrong] }
    })
  }
  const [redis, shared] = [median(taken.redis), median(taken.shared)]
  console.log()
  printTable(['', 'through Redis', 'shared directory'], [['held child .inc(), ns', figure(redis), figure(shared)]])
  return { redis, shared }
}

function print(results) {
  console.log('\nThrough Redis, all series changed, ms')
  printTable(
    ['', ...results.map(({ series }) => `${figure(series)} series`)],
    [
      ['flush', ...results.map(({ flush }) => figure(flush))],
      ['  scripts for it', ...results.map(({ flushTrips }) => figure(flushTrips))],
      ['one command for each, waited for', ...results.map(({ single }) => figure(single))],
      ['  against the flush', ...results.map(({ single, flush }) => times(single / flush))],
      ['one command for each, all sent at once', ...results.map(({ pipelined }) => figure(pipelined))],
      ['  against the flush', ...results.map(({ pipelined, flush }) => times(pipelined / flush))],
      ['scrape, with a flush of all', ...results.map(({ scrape }) => figure(scrape))],
      ['  scripts for it', ...results.map(({ scrapeTrips }) => figure(scrapeTrips))],
      ['scrape of one hash, printed bare', ...results.map(({ hashScrape }) => figure(hashScrape))],
    ],
  )
}
