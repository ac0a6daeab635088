// Starts an HTTP application of four processes, sends requests, kills one of its workers, scrapes at the same time, and
// compares the answers that the client got with the scrapes. Exits with 1 if anything differs.
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Application } from './application.mjs'
import { Observations } from './observations.mjs'
import { openInBrowser } from './open.mjs'
import { framed, median, sparkline, whole } from './report.mjs'
import { samplesOf, sum } from './scrapes.mjs'
import { Traffic } from './traffic.mjs'

const usage = `npm run demo -- [--seconds N] [--busy] [--keep] [--open]

  --seconds N  how long requests are sent (10)
  --busy       kill the worker while it answers: a broken request may have been counted or not
  --keep       keep the application running, with a few requests per second, until Ctrl-C
  --open       open the page for people in a browser, and keep the application running`

const concurrency = 24

const options = readOptions()
const application = new Application()
const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => interrupted.abort(new Error(signal)))

try {
  const faults = await Promise.race([run(), ended(interrupted.signal)])
  if (faults.length > 0) console.error(`\nFAILED\n${faults.map((fault) => `  ${fault}`).join('\n')}`)
  else console.log('\nEverything agrees.')
  process.exitCode = faults.length > 0 ? 1 : 0
  if (options.keep) {
    console.log('\nRunning until Ctrl-C:')
    console.log(`  the application                  ${application.url}/`)
    console.log(`  the page for people              ${application.page}`)
    console.log(`  all processes, by the primary    ${application.metrics}`)
    console.log(`  all processes, by any worker     ${application.url}/metrics`)
    console.log(`  one process by itself            ${application.url}/metrics-alone`)
    const traffic = new Traffic(application.url, 1, 200)
    await ended(interrupted.signal).catch(() => {})
    await traffic.stop()
  }
} catch (error) {
  console.error(interrupted.signal.aborted ? '\ninterrupted' : `\nFAILED\n  ${error.stack}`)
  process.exitCode = interrupted.signal.aborted ? 130 : 1
} finally {
  await application.close()
}
process.exit()

/** Runs the demo; returns the differences. */
async function run() {
  console.log('promhive demo: an HTTP application of 4 processes, real requests, one worker killed\n')
  await application.open()
  const began = performance.now()
  const say = (text) => console.log(`${((performance.now() - began) / 1000).toFixed(1).padStart(6)} s  ${text}`)
  say(`4 workers answer at ${application.url}, scrapes at ${application.metrics}`)
  say(
    `a page for people at ${application.page}${options.keep ? '' : ' until the demo ends; --open keeps it and opens the page'}`,
  )
  if (options.open) void openInBrowser(application.page).then((fault) => fault && say(fault))

  const seen = new Observations(application)
  await seen.look()
  const traffic = new Traffic(application.url, concurrency)
  say(
    `${concurrency} requests at a time for ${options.seconds} s; scrapes every 100 ms, of the metrics port and of the workers`,
  )
  await seen.lookUntil(began + options.seconds * 500)
  const death = await killOne(traffic, seen, say)
  await seen.lookUntil(began + options.seconds * 1000)
  await traffic.stop()
  say(`the last request is answered`)
  if (application.buffered) await sleep(300)
  await seen.lookAtEverybody()

  report(traffic, seen, death)
  return differences(traffic, seen, death)
}

/** Kills one worker with SIGKILL. Without `--busy`, the client stops sending to it first, so that no request breaks. */
async function killOne(traffic, seen, say) {
  const seats = [...seen.seats()]
  if (seats.length !== 4) throw new Error(`the scrapes show ${seats.length} of 4 workers: do they share a directory?`)
  const [seat, pid] = seats[1]
  const since = performance.now()
  if (!options.busy) {
    await traffic.leave(pid)
    if (application.buffered) await sleep(300)
  }
  const gone = application.next('ended')
  const replaced = application.next('listening')
  process.kill(pid, 'SIGKILL')
  say(
    `SIGKILL for worker ${pid} on seat ${seat}, ${options.busy ? 'while it answers requests' : 'idle at this moment, so that every request sent has its answer'}`,
  )
  await gone
  traffic.resume()
  if (options.busy) await traffic.giveUp(performance.now())
  const { pid: successor } = await replaced
  await seen.look()
  const taken = seen.seats().get(seat) === successor
  say(
    `worker ${successor} replaces it${taken ? `, takes over seat ${seat} and continues from its counts` : ''}, ${whole(performance.now() - since)} ms later`,
  )
  return { seat, pid, successor, taken, counted: traffic.byWorker.get(pid) ?? 0 }
}

function report({ sent, answered, broken }, seen, { seat, pid, successor, taken, counted }) {
  const { together, alone, milliseconds, answers, last } = seen
  const total = together.values.at(-1)
  const fits = total >= answered && total <= sent
  const verdict = !fits ? ', WRONG' : broken === 0 ? ', equal' : ', between the two'
  const times = (n, of) => `${n === 0 ? 'never' : n === 1 ? 'once' : `${whole(n)} times`} in ${whole(of)} scrapes`
  const share = `${Math.round((alone.values.at(-1) / total) * 100)} % of them`
  console.log()
  console.log(
    framed([
      ['', 'promhive', 'a registry per process'],
      ['requests sent', whole(sent), whole(sent)],
      ...(broken === 0 ? [] : [['  of them answered', whole(answered), whole(answered)]]),
      ['requests counted, at the end', `${whole(total)}${verdict}`, `${whole(alone.values.at(-1))}, ${share}`],
      [
        'the counter went back',
        times(seen.watch.faults.length, seen.taken),
        times(alone.wentBack, alone.values.length),
      ],
      [
        'increase() over the scrapes',
        whole(together.increase),
        `${whole(alone.increase)}, ${(alone.increase / total).toFixed(1)} times as many`,
      ],
    ]),
  )
  console.log(`  promhive                ${sparkline(together.values, 56)}`)
  console.log(`  a registry per process  ${sparkline(alone.values, 56)}  each to its own scale`)
  const workers = [...answers].filter(([who]) => who !== 'primary').map(([who, n]) => `${who} ${n}`)
  const same = new Set(last.values()).size === 1
  const heir = taken ? `worker ${successor} continues from them` : `worker ${successor} has another seat`
  console.log()
  console.log(`  answers       the primary ${answers.get('primary')} times; workers ${workers.join(', ')}`)
  console.log(
    `  at the end    ${last.size} processes asked: ${same ? 'the same text from each, byte for byte' : 'their texts DIFFER'}`,
  )
  console.log(
    `  seat ${String(seat).padEnd(9)}worker ${pid} was killed, its ${whole(counted)} requests stay in the total; ${heir}`,
  )
  console.log(
    `  one scrape    median ${median(milliseconds).toFixed(1)} ms, at most ${Math.max(...milliseconds).toFixed(1)} ms, under this load`,
  )
}

/** Describes the differences. */
function differences(traffic, seen, death) {
  const { sent, answered, broken, bySeries } = traffic
  const faults = [...seen.watch.faults]
  if (sent !== answered + broken) faults.push(`${sent} sent, but ${answered} answered and ${broken} broken`)
  if (!options.busy && broken > 0)
    faults.push(`${broken} requests broke, although no worker was killed while it answered`)
  if (seen.last.size !== 5) faults.push(`${seen.last.size} of 5 processes answered a scrape at the end`)
  const [[first, expected], ...others] = seen.last
  for (const [who, text] of others) {
    const lines = expected.split('\n')
    const at = text.split('\n').findIndex((line, i) => line !== lines[i])
    if (at >= 0) faults.push(`${first} shows "${lines[at]}", but ${who} "${text.split('\n')[at]}"`)
  }
  if (!death.taken && !application.buffered) faults.push(`the killed worker's seat ${death.seat} was not taken over`)
  for (const [who, text] of seen.last) {
    const samples = samplesOf(text)
    const durations = sum(samples, 'http_request_duration_seconds_count')
    const inFlight = samples.get('http_requests_in_flight')
    const total = sum(samples, 'http_requests_total')
    const between = (count) => count >= answered && count <= answered + broken
    if (!between(total)) faults.push(`${who}: ${total} requests counted, ${answered} answered, ${broken} broken`)
    if (!between(durations)) faults.push(`${who}: ${durations} durations, ${answered} answered, ${broken} broken`)
    if (inFlight !== 0) faults.push(`${who}: ${inFlight} requests in flight, after the last answer`)
    for (const [series, count] of bySeries) {
      const [method, route, status] = series.split(' ')
      const counted = samples.get(`http_requests_total{method="${method}",route="${route}",status="${status}"}`)
      if (!(counted >= count && counted <= count + broken))
        faults.push(`${who}: ${series} is ${counted}, answered ${count}`)
    }
  }
  return faults
}

async function ended(signal) {
  if (!signal.aborted) await once(signal, 'abort')
  throw signal.reason
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        seconds: { type: 'string' },
        busy: { type: 'boolean' },
        keep: { type: 'boolean' },
        open: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    })
    const seconds = Number(values.seconds ?? 10)
    if (values.help) {
      console.log(usage)
      process.exit(0)
    }
    if (!(seconds >= 1)) throw new Error(`--seconds takes a number from 1 on, got ${values.seconds}`)
    return { ...values, keep: values.keep || values.open, seconds }
  } catch (error) {
    console.error(`${error.message}\n\n${usage}`)
    process.exit(2)
  }
}
