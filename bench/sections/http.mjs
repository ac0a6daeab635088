import { fork, spawnSync } from 'node:child_process'
import os from 'node:os'
import { fileURLToPath } from 'node:url'
import { median } from '../median.mjs'
import { withSharedDirectory } from '../shared-directory.mjs'
import { figure, printTable } from '../table.mjs'

const script = fileURLToPath(new URL('../processes/http.mjs', import.meta.url))
const preload = new URL('../../dist/esm/register.js', import.meta.url).href
const connections = 32

/**
 * Beside each bare server another one of the same kind: what the two differ by is what this machine's figures are worth.
 * Two processes of one program differ by as much as is to be measured, each for as long as it lives: so there are several
 * of each kind, one generation after the other.
 */
const candidates = {
  http: ['nothing', 'nothing', 'promhive'],
  express: ['nothing', 'nothing', 'promhive', 'express-prom-bundle'],
  fastify: ['nothing', 'nothing', 'promhive', 'fastify-metrics'],
}

/** Requests per second of a server with what measures it, in proportion to those of the same server without. */
export async function httpOverhead({ runtimes, quick, faults }) {
  if (spawnSync('wrk', ['-v']).error !== undefined) {
    console.log('\nNo wrk here (Debian: apt-get install wrk): the overhead on HTTP is left out.')
    return []
  }
  const results = []
  for (const runtime of runtimes) {
    for (const [framework, peers] of Object.entries(candidates)) {
      await faults.guard(`http, ${framework}, ${runtime.name}`, async () => {
        const { rows, wrong } = await withSharedDirectory((directory) =>
          compare({ runtime, framework, peers, directory, generations: quick ? 1 : 6, rounds: quick ? 3 : 4 }),
        )
        results.push({ runtime: runtime.name, framework, rows })
        console.log(`\nRequests to ${framework}, ${runtime.name}`)
        printTable(
          [
            'measured by',
            'requests per second',
            'of the bare server’s',
            'lost',
            'least to most',
            'CPU per request, µs',
          ],
          rows.map(({ name, perSecond, ratio, ratios, cpu }) => [
            name,
            figure(perSecond),
            figure(ratio),
            percent(1 - ratio),
            `${percent(1 - Math.max(...ratios))} to ${percent(1 - Math.min(...ratios))}`,
            figure(cpu),
          ]),
        )
        return { wrong }
      })
    }
  }
  return results
}

async function compare({ generations, peers, ...options }) {
  const wrong = []
  const all = []
  for (let generation = 0; generation < generations; generation++) {
    const { rows, wrong: faults } = await compareOnce({ peers, ...options })
    all.push(rows)
    wrong.push(...faults)
  }
  const rows = all[0].map(({ name }, i) => {
    const ratios = all.map((of) => of[i].perSecond / of[0].perSecond)
    return {
      name,
      cpu: median(all.map((of) => of[i].cpu)),
      perSecond: median(all.map((of) => of[i].perSecond)),
      ratio: median(ratios),
      ratios,
    }
  })
  return { rows, wrong }
}

async function compareOnce({ runtime, framework, peers, directory, rounds }) {
  const servers = []
  try {
    for (const [i, measuredBy] of peers.entries()) {
      const name = i === 1 ? 'nothing, again' : measuredBy
      const server = await start(runtime, framework, measuredBy, directory)
      servers.push({ name, measuredBy, asked: 0, samples: [], ...server })
    }
    for (const server of servers) {
      load(server, 2)
      server.samples.length = 0
      server.warmUp = { asked: server.asked, ...(await ask(server.child)) }
    }
    // In turn, in short runs, forwards and backwards: whatever else the machine does befalls all alike.
    for (let round = 0; round < rounds; round++) {
      for (const server of round % 2 === 0 ? servers : [...servers].reverse()) load(server, 1)
    }
    const wrong = []
    for (const server of servers) {
      const { counted, microseconds } = await ask(server.child)
      server.cpu = (microseconds - server.warmUp.microseconds) / (server.asked - server.warmUp.asked)
      // wrk hangs up on what is under way when its time is over: so many may be counted beside those that it counted.
      const asked = server.asked - server.warmUp.asked
      const since = counted === undefined ? asked : counted - server.warmUp.counted
      if (since < asked || since > asked + connections * (rounds + 1)) {
        wrong.push(`${server.name} counted ${since} of ${asked} requests`)
      }
    }
    // The best of each is the one in which nobody else had a turn.
    return { wrong, rows: servers.map(({ name, samples, cpu }) => ({ name, cpu, perSecond: Math.max(...samples) })) }
  } finally {
    await Promise.all(servers.map(({ child }) => end(child)))
  }
}

function end(child) {
  return new Promise((resolve) => child.once('exit', resolve).kill('SIGKILL'))
}

async function start(runtime, framework, measuredBy, directory) {
  const child = fork(script, [JSON.stringify({ framework, measuredBy })], {
    execPath: runtime.path,
    execArgv: measuredBy === 'promhive' ? ['--import', preload] : [],
    env: { ...process.env, PROMHIVE_DIR: directory, PROMHIVE_METRICS_PORT: 'off', NODE_NO_WARNINGS: '1' },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const { port } = await heard(child)
  pin(child.pid, 0)
  return { child, port }
}

/** The server on one processor and wrk on another: they must not take turns on one. */
function pin(pid, processor) {
  if (os.availableParallelism() > 1) spawnSync('taskset', ['-a', '-p', '-c', String(processor), String(pid)])
}

function load(server, seconds) {
  const argv = ['-t1', `-c${connections}`, `-d${seconds}s`, `http://127.0.0.1:${server.port}/users/1`]
  const [command, ...before] = os.availableParallelism() > 1 ? ['taskset', '-c', '1', 'wrk'] : ['wrk']
  const { stdout } = spawnSync(command, [...before, ...argv], { encoding: 'utf8' })
  server.asked += Number(/(\d+) requests in/.exec(stdout)?.[1])
  server.samples.push(Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]))
}

function ask(child) {
  child.send('how many?')
  return heard(child)
}

function heard(child) {
  return new Promise((resolve, reject) => {
    child.once('message', resolve)
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)))
  })
}

function percent(part) {
  return `${(part * 100).toFixed(1)} %`
}
