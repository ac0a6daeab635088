import { spawn, spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { hasOpenssl } from '../helpers/certificates.js'
import { type DocumentedCommand, documentedCommands } from '../helpers/documented/commands.js'
import { blockOf } from '../helpers/documented/documented.js'
import { cleanEnvironment } from '../helpers/processes/actor.js'
import { provideDist, root } from '../helpers/processes/dist.js'
import { freePort } from '../helpers/processes/port.js'
import { type Stage, test } from '../helpers/processes/stage.js'
import { until } from '../helpers/processes/until.js'
import { hasRedis } from '../helpers/redis/redis-server.js'
import { startRedis } from '../helpers/redis/started-redis.js'

const has = {
  redis: hasRedis,
  openssl: hasOpenssl,
  root: process.getuid?.() === 0,
  curl: spawnSync('curl', ['--version'], { stdio: 'ignore' }).status === 0,
}

const application = `
import { createServer } from 'node:http'
import { Counter } from 'promhive'
new Counter({ name: 'jobs_total', help: 'Jobs done.' }).inc()
createServer((_, response) => response.end('hello\\n')).listen(0, '127.0.0.1', () => console.log('listening'))
`
/** What the pages take for granted. */
const files: Record<string, string> = {
  'package.json': '{ "name": "shop", "type": "module" }',
  'app.js': application,
  'app.mjs': application,
  'server.js': application,
  'hooks.mjs': 'export function ready() {}\n',
  'counts.mjs': "import { Counter } from 'promhive'\nnew Counter({ name: 'jobs_total', help: 'Jobs done.' }).inc()\n",
  'serves.mjs': `
import { Counter, startMetricsServer } from 'promhive'
new Counter({ name: 'jobs_total', help: 'Jobs done.' }).inc()
const { url } = await startMetricsServer({ port: 9464 })
console.log(\`metrics at \${url}\`)
setInterval(() => {}, 1000)
`,
}
/** Programs in front of those of the system: the package is installed, and this process is the superuser. */
const programs: Record<string, string> = { npx: 'exec "$@"', npm: 'exit 0', sudo: 'exec "$@"' }

describe('the commands of the docs', { concurrent: true }, () => {
  for (const command of documentedCommands) {
    const { page, start, needs } = command
    test.skipIf(needs !== undefined && !has[needs])(`${page}: ${start}…`, async ({ stage }) => {
      provideDist()
      const { text } = blockOf(command)
      const scripts = command.each ? text.trimEnd().split('\n') : [text]
      for (const script of scripts) await runs(stage, command, script)
    })
  }
})

/** Runs a script in a folder of its own, with free ports and with folders below its own. */
async function runs(stage: Stage, command: DocumentedCommand, script: string): Promise<void> {
  const folder = stage.folder()
  // For the user that a command names.
  chmodSync(folder, 0o755)
  const bin = join(folder, 'bin')
  for (const name of [bin, join(folder, 'node_modules')]) mkdirSync(name)
  for (const name of ['promhive', 'snappyjs']) {
    symlinkSync(name === 'promhive' ? root : join(root, 'node_modules', name), join(folder, 'node_modules', name))
  }
  symlinkSync(join(root, 'dist', 'esm', 'cli', 'bin.js'), join(bin, 'promhive'))
  for (const [name, text] of Object.entries(programs))
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 })
  const receiver = command.receiver && (await receive(stage, command.receiver.protocol))
  const redis = command.needs === 'redis' ? (await startRedis(stage)).url : ''
  const port = await freePort()
  const adapted = (text: string): string =>
    Object.entries(command.replace ?? {})
      .reduce((result, [from, to]) => result.replaceAll(from, to), text)
      .replaceAll('THE_REDIS', redis)
      .replaceAll(/\/(dev\/shm|etc|run|var\/lib)\//g, `${folder}/$1/`)
      .replaceAll('9464', String(port))
      .replaceAll('0.0.0.0', '127.0.0.1')
      .replaceAll(String(command.receiver?.port), String(receiver?.port))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), adapted(text))
  mkdirSync(join(folder, 'dev', 'shm'), { recursive: true })
  mkdirSync(join(folder, 'run'))

  const child = spawn('sh', ['-ec', adapted(scriptOf(script, command))], {
    cwd: folder,
    // A group of its own, so that all of its processes can be ended.
    detached: true,
    env: { ...cleanEnvironment(), PATH: `${bin}:${process.env.PATH}`, PROMHIVE_METRICS_PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text))
  let over = false
  const ended = once(child, 'close').then(([code, signal]) => {
    over = true
    return code ?? signal
  })
  const end = (signal: NodeJS.Signals): void => {
    try {
      process.kill(-child.pid!, signal)
    } catch {
      // It has ended.
    }
  }
  stage.after(() => end('SIGKILL'))
  await until(
    () => output,
    (text) => over || command.prints.test(text),
  )
  expect(output).toMatch(command.prints)
  if (!command.stays && !command.background) {
    expect(await ended, output).toBe(0)
    return
  }
  expect(over, output).toBe(false)
  end('SIGTERM')
  await ended
  await until(
    () => isThere(child.pid!),
    (there) => !there,
  )
  if (receiver) expect(receiver.received(), output).toBeGreaterThan(0)
}

/** Whether a process of this group runs. */
function isThere(group: number): boolean {
  try {
    return process.kill(-group, 0)
  } catch {
    return false
  }
}

/** The whole script, with its first line in the background if the command says so. */
function scriptOf(text: string, { before = '', after = '', background }: DocumentedCommand): string {
  const lines = [before, ...text.trimEnd().split('\n'), after].filter((line) => line !== '')
  if (background === undefined) return lines.join('\n')
  const wait = `while ! grep -q '${background}' background.log; do sleep 0.1; done`
  return [`(\n${lines[0]}\n) > background.log 2>&1 &`, wait, ...lines.slice(1), 'wait'].join('\n')
}

/** A server that accepts everything, and counts what it received. */
async function receive(stage: Stage, protocol: 'http' | 'udp'): Promise<{ port: number; received(): number }> {
  let received = 0
  if (protocol === 'udp') {
    const socket = createSocket('udp4', () => received++).bind(0, '127.0.0.1')
    stage.after(() => void socket.close())
    await once(socket, 'listening')
    return { port: socket.address().port, received: () => received }
  }
  const server = createServer((request, response) => {
    received++
    request.resume().on('end', () => response.end())
  }).listen(0, 'localhost')
  stage.after(() => {
    server.closeAllConnections()
    server.close()
  })
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, received: () => received }
}
