import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { checkout } from './machine.mjs'

// The tests bring the server of npm's package statsd: `npm ci` in test/statsd.
const program = join(checkout, 'test/statsd/node_modules/statsd/stats.js')
const compatibility = join(checkout, 'test/statsd/util-log.cjs')

export const hasStatsd = existsSync(program)

/** Starts a server of statsd. */
export function startStatsd(site) {
  site.configure('etc/alternatives/statsd.json', '/etc/statsd.json')
  site.start('statsd', process.execPath, '--require', compatibility, program, site.path('/etc/statsd.json'))
}

/** @returns {Promise<string[]>} the names that the server has received */
export async function receivedNames(port) {
  const names = []
  for (const type of ['counters', 'gauges']) {
    const text = await ask(port, type)
    for (const [, name] of text.matchAll(/^\s*'?([\w.]+)'?: /gm)) names.push(name)
  }
  return names.filter((name) => !name.startsWith('statsd.'))
}

/** Sends a command to the management port. */
async function ask(port, command) {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8')
  socket.write(`${command}\n`)
  let text = ''
  for await (const part of socket) {
    text += part
    if (text.includes('END\n')) break
  }
  return text
}
