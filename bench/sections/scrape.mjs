import { variantsFor } from '../library.mjs'
import { measure } from '../measurement.mjs'
import { median } from '../median.mjs'
import { figure, printTable, times } from '../table.mjs'

const workers = 8
const blockedMs = 1000

/** One scrape of eight processes that count the same series, at three sizes. */
export async function scrape({ runtimes, quick, faults }) {
  // The newest Node: the one under which every peer runs.
  const runtime = runtimes.at(-1)
  const results = []
  for (const series of quick ? [1000, 5000] : [1000, 10_000, 50_000]) {
    const result = await ofSize(series, { runtime, quick, faults })
    results.push(result)
    print(result)
  }
  return results
}

async function ofSize(series, { runtime, quick, faults }) {
  const columns = []
  const limit = await measure('limit', { series, workers, scrapes: 12 }, { runtime })
  for (const variant of variantsFor(runtime).filter(({ shared, peer }) => shared || peer)) {
    await faults.guard(`scrape, ${variant.name}, ${series} series`, async () => {
      const scrapes = scrapeCount(variant, series, quick)
      const parameters = { library: variant.library, series, workers, scrapes, blockedMs }
      const taken = await measure('cluster', parameters, { runtime, variant })
      const measured = Object.keys(taken.taken).map((kind) => columnOf(variant, kind, taken))
      columns.push(...measured)
      // A peer that gives up is a figure. Ours has no reason to.
      if (!variant.peer) taken.wrong.push(...measured.flatMap(({ failures }) => failures))
      return taken
    })
  }
  const peers = columns.filter(({ peer }) => peer)
  const fastest = { warm: Math.min(...peers.map(({ warm }) => warm)), cold: Math.min(...peers.map(({ cold }) => cold)) }
  for (const column of columns)
    if (!column.peer) column.ratio = { warm: fastest.warm / column.warm, cold: fastest.cold / column.cold }
  return { runtime: runtime.name, workers, series, limit: median(limit.samples.slice(2)), columns }
}

function scrapeCount({ peer }, series, quick) {
  if (quick) return 4
  if (!peer) return 11
  return series >= 50_000 ? 4 : 6
}

function columnOf({ name, peer }, kind, { taken, blocked, wrong, peak, workerPeak, workerGrowth }) {
  const scrapes = taken[kind]
  // The first one of a process is cold; what is measured second found the way made.
  const cold = kind === 'metrics' ? scrapes[0] : undefined
  const later = cold === undefined ? scrapes : scrapes.slice(1)
  const answered = later.filter(({ error }) => error === undefined)
  const { bytes, lines } = scrapes.find((each) => each.bytes !== undefined) ?? {}
  return {
    name: peer ? name : `${name.split(',')[0]}, ${kind}()`,
    kind,
    peer,
    bytes,
    lines,
    cold: cold?.ms,
    // Where none came in time, the wait for nothing is the figure: the scrape would have taken longer.
    warm: median((answered.length === 0 ? later : answered).map(({ ms }) => ms)),
    blocked: cold && blocked,
    failures: scrapes.flatMap(({ error }) => error ?? []),
    heldCold: cold?.held,
    // The longest of all is often another program's turn on a processor; the typical one is the scrape's own.
    held: median(later.map(({ held }) => held)),
    heldLongest: Math.max(...later.map(({ held }) => held)),
    workerHeld: median(later.map(({ workerHeld }) => workerHeld)),
    workerHeldLongest: Math.max(...later.map(({ workerHeld }) => workerHeld)),
    workerCpu: median(later.map(({ workerCpu }) => workerCpu)),
    peak,
    workerPeak,
    workerGrowth,
    totalsRight: wrong.length === 0,
    scrapes,
  }
}

function print({ runtime, series, limit, columns }) {
  console.log(
    `\nOne scrape of ${workers} processes, each a counter of ${figure(series)} series and a histogram of ${figure(series / 10)}, ${runtime}`,
  )
  printTable(
    ['', ...columns.map(({ name }) => name)],
    [
      ['first scrape, ms', ...columns.map(({ cold }) => figure(cold))],
      ['later scrapes, median, ms', ...columns.map(({ warm }) => figure(warm))],
      ['faster peer / ours, first', ...columns.map(({ ratio }) => times(ratio?.cold))],
      ['faster peer / ours, later', ...columns.map(({ ratio }) => times(ratio?.warm))],
      [`the same, every worker blocked for ${blockedMs} ms`, ...columns.map(({ blocked }) => blockedFigure(blocked))],
      ["scraper's loop held, first, ms", ...columns.map(({ heldCold }) => figure(heldCold))],
      ["scraper's loop held, later, median, ms", ...columns.map(({ held }) => figure(held))],
      ["scraper's loop held, later, longest, ms", ...columns.map(({ heldLongest }) => figure(heldLongest))],
      ["a worker's loop held, median, ms", ...columns.map(({ workerHeld }) => figure(workerHeld))],
      ["a worker's loop held, longest, ms", ...columns.map(({ workerHeldLongest }) => figure(workerHeldLongest))],
      ['processor time of all workers, ms', ...columns.map(({ workerCpu }) => figure(workerCpu))],
      ['peak memory of the scraper, MB', ...columns.map(({ peak }) => figure(peak / 1e6))],
      ['memory of a worker for the series, MB', ...columns.map(({ workerGrowth }) => figure(workerGrowth / 1e6))],
      ['body, MB', ...columns.map(({ bytes }) => figure(bytes / 1e6))],
      ['lines', ...columns.map(({ lines }) => figure(lines))],
      ['totals', ...columns.map(({ totalsRight }) => (totalsRight ? 'right' : 'WRONG'))],
      ['scrapes that failed', ...columns.map(({ failures, scrapes }) => `${failures.length} of ${scrapes.length}`)],
    ],
  )
  console.log(`  The limit (add ${workers} arrays, write the lines): ${figure(limit)} ms`)
}

function blockedFigure(blocked) {
  return blocked?.error === undefined ? figure(blocked?.ms) : `failed at ${figure(blocked.ms)}`
}
