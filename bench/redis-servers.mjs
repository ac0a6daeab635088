import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Whether this system has a Redis server. */
export const hasRedis = spawnSync('redis-server', ['--version'], { stdio: 'ignore' }).status === 0

/** Starts a server on a free port of loopback, and ends it when `use` is over. */
export function withServer(use) {
  return withServers(1, [], ([port]) => use(`redis://127.0.0.1:${port}`))
}

/** Starts a cluster of three primaries, each with a replica; gives `use` their ports. */
export function withCluster(use) {
  const words = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '5000', '--repl-diskless-sync-delay', '0']
  return withServers(6, words, async (ports) => {
    const addresses = ports.map((port) => `127.0.0.1:${port}`)
    const create = ['--cluster', 'create', ...addresses, '--cluster-replicas', '1', '--cluster-yes']
    const { status, stdout, stderr } = spawnSync('redis-cli', create, { encoding: 'utf8' })
    if (status !== 0) throw new Error(`no cluster: ${stdout}${stderr}`)
    for (const port of ports) await until(() => isInCluster(port))
    return use(ports)
  })
}

function isInCluster(port) {
  const info = ask(port, 'CLUSTER', 'INFO')
  return info.includes('cluster_state:ok') && info.includes('cluster_known_nodes:6')
}

async function withServers(count, words, use) {
  const folder = mkdtempSync(join(tmpdir(), 'promhive-bench-'))
  const servers = []
  try {
    for (let i = 0; i < count; i++) servers.push(await start(folder, i, words))
    return await use(servers.map(({ port }) => port))
  } finally {
    for (const { child } of servers) child.kill('SIGKILL')
    await Promise.all(servers.map(({ ended }) => ended))
    rmSync(folder, { recursive: true, force: true })
  }
}

async function start(folder, number, more) {
  const port = await freePort()
  // The nodes of a cluster talk to each other on a second port.
  const bus =
    more.length > 0 ? ['--cluster-port', await freePort(), '--cluster-config-file', `nodes-${number}.conf`] : []
  const words = ['--port', port, '--save', '', '--dir', folder, '--bind', '127.0.0.1', ...more, ...bus]
  const child = spawn('redis-server', words.map(String), { stdio: 'ignore' })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  await until(() => ask(port, 'PING') === 'PONG')
  return { port, child, ended }
}

function ask(port, ...words) {
  return spawnSync('redis-cli', ['-p', String(port), ...words], { encoding: 'utf8' }).stdout?.trim() ?? ''
}

async function until(check) {
  for (const end = Date.now() + 60_000; !check(); ) {
    if (Date.now() > end) throw new Error('redis-server did not get ready within a minute')
    await new Promise((resolve) => setTimeout(resolve, 50))
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
