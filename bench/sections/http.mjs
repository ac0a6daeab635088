import { fork, spawnSync } from 'node:child_process'
import os from 'node:os'
import { fileURLToPath } from 'node:url'
import { median } from '../median.mjs'
import { withSharedDirectory } from '../shared-directory.mjs'
import { figure, printTable } from '../table.mjs'

const script = fileURLToPath(new URL('../processes/http.mjs', import.meta.url))
const preload = new URL('../../dist/esm/register.js', import.meta.url).href
const connections = 32

/** Beside each bare server another one of the same kind: what the two differ by is what this machine's figures are worth. */
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
          compare({ runtime, framework, peers, directory, rounds: quick ? 3 : 15 }),
        )
        results.push({ runtime: runtime.name, framework, rows })
        console.log(`\nRequests to ${framework}, ${runtime.name}`)
        printTable(
          ['measured by', 'requests per second', 'of the bare server’s', 'lost', 'CPU per request, µs'],
          rows.map(({ name, perSecond, ratio, cpu }) => [
            name,
            figure(perSecond),
            figure(ratio),
            percent(1 - ratio),
            figure(cpu),
          ]),
        )
        return { wrong }
      })
    }
  }
  return results
}

async function compare({ runtime, framework, peers, directory, rounds }) {
  const servers = []
  try {
    for (const [i, measuredBy] of peers.entries()) {
      const name = i === 1 ? 'nothing, again' : measuredBy
      servers.push({
        name,
        measuredBy,
        asked: 0,
        samples: [],
        ...(await start(runtime, framework, measuredBy, directory)),
      })
    }
    for (const server of servers) load(server, 2)
    for (const server of servers) {
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
      const most = server.asked + connections * (rounds + 1)
      if (counted !== undefined && (counted < server.asked || counted > most)) {
        wrong.push(`${server.name} counted ${counted} of ${server.asked} requests`)
      }
    }
    const [bare] = servers
    return {
      wrong,
      rows: servers.map(({ name, samples, cpu }) => ({
        name,
        cpu,
        perSecond: median(samples),
        ratio: median(samples.map((sample, i) => sample / bare.samples[i])),
      })),
    }
  } finally {
    for (const { child } of servers) child.kill('SIGKILL')
  }
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
