import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { measure } from '../measurement.mjs'
import { median } from '../median.mjs'
import { figure, printTable, times } from '../table.mjs'

/** A flush and a scrape through a Redis of its own, beside one command for each increment: pytheus' way. */
export async function throughRedis({ runtimes, quick, faults }) {
  if (spawnSync('redis-server', ['--version'], { stdio: 'ignore' }).status !== 0) {
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
  return { results, inc }
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

async function withServer(use) {
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'promhive-bench-'))
  const words = ['--port', port, '--save', '', '--dir', folder, '--bind', '127.0.0.1']
  const server = spawn('redis-server', words.map(String), { stdio: 'ignore' })
  const ended = new Promise((resolve) => server.once('exit', resolve))
  try {
    while (spawnSync('redis-cli', ['-p', String(port), 'PING'], { encoding: 'utf8' }).stdout?.trim() !== 'PONG')
      await new Promise((resolve) => setTimeout(resolve, 50))
    return await use(`redis://127.0.0.1:${port}`)
  } finally {
    server.kill('SIGKILL')
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}
