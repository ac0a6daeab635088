import { createHash, randomUUID } from 'node:crypto'
import { reasonOf } from '../../model/errors.js'
import { Keys } from '../../store/redis/keys.js'
import { Script } from '../../store/redis/script.js'
import type { Send } from '../redis/commands.js'
import { type Finding, fail, ok } from './finding.js'

/** Commands with harmless arguments, for keys that are deleted afterwards. `KEY` is replaced by their beginning. */
const trials: Readonly<Record<string, readonly string[]>> = {
  eval: ['return 1', '0'],
  evalsha: [createHash('sha1').update('return 1').digest('hex'), '0'],
  time: [],
  hset: ['KEY h', 'field', 'value'],
  hsetnx: ['KEY h', 'field', 'value'],
  hget: ['KEY h', 'field'],
  hmget: ['KEY h', 'field'],
  hgetall: ['KEY h'],
  hkeys: ['KEY h'],
  hlen: ['KEY h'],
  hexists: ['KEY h', 'field'],
  hscan: ['KEY h', '0'],
  hincrby: ['KEY h', 'count', '1'],
  hdel: ['KEY h', 'field'],
  zadd: ['KEY z', '1', 'member'],
  zrange: ['KEY z', '0', '-1'],
  zrangebyscore: ['KEY z', '0', '1'],
  zscan: ['KEY z', '0'],
  zcount: ['KEY z', '0', '1'],
  zcard: ['KEY z'],
  zscore: ['KEY z', 'member'],
  zmscore: ['KEY z', 'member'],
  zrem: ['KEY z', 'member'],
  set: ['KEY s', 'value', 'PX', '10000'],
  setrange: ['KEY s', '0', 'value'],
  append: ['KEY s', 'value'],
  get: ['KEY s'],
  getrange: ['KEY s', '0', '1'],
  strlen: ['KEY s'],
  incr: ['KEY n'],
  exists: ['KEY s'],
  type: ['KEY s'],
  rpush: ['KEY l', 'element'],
  lrange: ['KEY l', '0', '-1'],
  lindex: ['KEY l', '0'],
  llen: ['KEY l'],
  ltrim: ['KEY l', '0', '-1'],
  pexpire: ['KEY s', '10000'],
  persist: ['KEY s'],
  rename: ['KEY s', 'KEY s'],
  unlink: ['KEY n'],
  del: ['KEY h', 'KEY z', 'KEY s', 'KEY l', 'KEY n'],
}

/** Commands that create a key; tried only if it can be deleted again. */
const makesKey = /^(?:hset|hsetnx|hincrby|zadd|set|setrange|append|incr|rpush)$/

/** Returns the commands that the scripts of this version run, in the order in which they are tried. */
export function commandsOfScripts(): readonly string[] {
  const scriptCommands = new Set(['eval', 'evalsha'])
  for (const { text } of Script.all) {
    for (const [, command] of text.matchAll(/redis\.p?call\('(\w+)'/g)) scriptCommands.add(command!.toLowerCase())
  }
  const order = Object.keys(trials)
  // Commands without a trial are not tried; a test lists them.
  return order.filter((command) => scriptCommands.has(command) || command === 'del')
}

/** Tries each command that promhive needs, on a separate key under the prefix. */
export async function checkRights(send: Send, keyPrefix: string): Promise<Finding[]> {
  const key = new Keys(keyPrefix).of(`doctor-${randomUUID()}`)[0]
  const refused: string[] = []
  const failed = new Map<string, string>()
  let keys = false
  const commands = commandsOfScripts()
  // Deletes keys twice: first to try it on keys that do not exist, and finally those that were created.
  for (const command of ['del', ...commands]) {
    if (refused.includes('del') && (command === 'del' || makesKey.test(command))) continue
    const words = trials[command]!.map((word) => word.replace('KEY', key).replace(/ (?=\w$)/, '-'))
    try {
      await send(command.toUpperCase(), ...words)
    } catch (cause) {
      const message = reasonOf(cause)
      if (/^NOPERM.*\bkeys?\b/i.test(message)) keys = true
      else if (message.startsWith('NOPERM')) refused.push(command)
      else if (!expected.test(message)) failed.set(message.split(' ')[0]!, message)
    }
  }
  const findings: Finding[] = []
  if (keys) {
    const advice = `ACL SETUSER … ~${new Keys(keyPrefix).ledgers.replace(/:ledgers$/, '')}*`
    findings.push(fail('rights', `the user may not use the keys of ${keyPrefix}`, advice))
  }
  if (refused.length > 0) {
    const untried = refused.includes('del') ? '; commands that write were not tried' : ''
    const text = `the user may not run ${refused.join(', ')}${untried}`
    findings.push(fail('rights', text, `ACL SETUSER … ${refused.map((command) => `+${command}`).join(' ')}`))
  }
  for (const [code, message] of failed) findings.push(fail('writing', message, adviceFor(code)))
  if (findings.length === 0) findings.push(ok('rights', `all ${commands.length} commands that promhive needs`))
  return findings
}

/**
 * Errors of allowed commands: for EVALSHA, an unknown script; for others, a missing key because an earlier command was
 * refused.
 */
const expected = /^(?:NOSCRIPT|ERR no such key|WRONGTYPE)/

const advices: Readonly<Record<string, string>> = {
  OOM: 'the server is full: raise maxmemory, or remove what does not belong there',
  READONLY: 'this is a replica: name the primary',
  MISCONF: 'the server cannot write to its disk, and takes no writes until it can',
  LOADING: 'the server is loading its data: try again',
  MOVED: 'this is one node of a cluster: give a cluster client',
  CLUSTERDOWN: 'a part of the cluster is down',
  NOREPLICAS: 'min-replicas-to-write is not met: look at the replicas',
}

function adviceFor(code: string): string {
  return advices[code] ?? 'look at the log of the server'
}
