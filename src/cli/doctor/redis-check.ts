import { reasonOf } from '../../model/errors.js'
import { maskAddress } from '../../model/mask-credentials.js'
import { withTimeout } from '../../platform/time-limit.js'
import { monotonicNow } from '../../platform/timers.js'
import { type CommandConnection, infoFrom, openCommands, type Send } from '../redis/commands.js'
import type { RedisTarget } from '../redis/redis-arguments.js'
import { type Finding, fail, ok, warn } from './finding.js'
import { checkRights } from './redis-rights-check.js'
import { checkService } from './redis-service-check.js'

/** Milliseconds until a server without an answer times out. */
const timeout = 4_000
/** Milliseconds above which a round trip is slow: a flush and a scrape need one or two of them. */
const slow = 100
/** Milliseconds by which clocks may differ. */
const clockTolerance = 5_000
/** The number of measurements of the round trip. */
const trips = 5

type ServerInfo = ReadonlyMap<string, string>

/**
 * Checks whether a service can count in Redis: the connection, the server, the permissions, and the keys under the
 * prefix.
 */
export async function checkRedis(target: RedisTarget): Promise<Finding[]> {
  let connection: CommandConnection
  try {
    connection = await withTimeout(openCommands(target.place, timeout), timeout + 1_000)
  } catch (cause) {
    return [unreachable(target, cause)]
  }
  const { send } = connection
  try {
    const answer = await withTimeout(
      send('INFO').then(
        (text) => ({ info: infoFrom(text), findings: [] as Finding[] }),
        (cause: unknown) => ({ info: new Map<string, string>(), findings: [noInfo(cause)] }),
      ),
      timeout,
    )
    const { info } = answer
    return [
      ok('redis', `${target.name}${'url' in target.place && /^rediss:/i.test(target.place.url) ? ', over TLS' : ''}`),
      ...(await latency(send)),
      ...(await clock(send)),
      ...answer.findings,
      ...server(info),
      ...memory(info),
      ...(await persistence(info, send)),
      ...(await checkRights(send, target.settings.keyPrefix)),
      ...(await checkService(target, send)),
    ]
  } catch (cause) {
    return [unreachable(target, cause)]
  } finally {
    connection.close()
  }
}

/** The meanings of connection errors. */
const causes: readonly (readonly [RegExp, string])[] = [
  [/ECONNREFUSED/, 'no server listens there: check host and port'],
  [/ENOTFOUND|EAI_AGAIN/, 'the name of the host is unknown: check the URL and the DNS'],
  [/WRONGPASS|invalid username|invalid password/i, 'the user or the password is wrong'],
  [/NOAUTH/, 'the server asks for a password: redis://user:password@host'],
  [/certificate|self.signed|ALTNAME/i, 'name the CA of the certificate with --redis-ca-file'],
  [
    /wrong version number|packet length|SSL|ECONNRESET|closed/i,
    'check whether the server uses TLS: rediss:// or redis://',
  ],
  [/ENOENT|EACCES/, 'check the path of the file or socket, and its permissions'],
  [/maxclients|max number of clients/i, 'raise maxclients, or use perHost: one connection per host'],
  [
    /no answer|timeout|ETIMEDOUT/i,
    'look for a firewall or a proxy that drops packets, a frozen server, or rediss:// where the server does not use TLS',
  ],
  [/neither ioredis nor redis/, 'npm install ioredis'],
]

function unreachable({ name }: RedisTarget, cause: unknown): Finding {
  const why = maskAddress(reasonOf(cause))
  const advice = causes.find(([pattern]) => pattern.test(why))?.[1] ?? 'check the URL'
  return fail('redis', `${name} cannot be used: ${why}`, advice)
}

function noInfo(cause: unknown): Finding {
  const text = `INFO is refused (${reasonOf(cause)}): version, memory and persistence are not checked`
  return warn('server', text, 'ACL SETUSER … +info')
}

async function latency(send: Send): Promise<Finding[]> {
  const times: number[] = []
  for (let i = 0; i < trips; i++) {
    const began = monotonicNow()
    await withTimeout(send('PING'), timeout)
    times.push(monotonicNow() - began)
  }
  const median = times.sort((a, b) => a - b)[Math.floor(trips / 2)]!
  const text = `${median.toFixed(1)} ms for a round trip, ${times.at(-1)!.toFixed(1)} ms at most`
  if (median < slow) return [ok('latency', text)]
  return [warn('latency', text, 'look for a server in another region, SLOWLOG GET, or a busy server')]
}

async function clock(send: Send): Promise<Finding[]> {
  try {
    const before = Date.now()
    const [seconds, microseconds] = (await withTimeout(send('TIME'), timeout)) as [string, string]
    const here = (before + Date.now()) / 2
    const difference = Number(seconds) * 1000 + Number(microseconds) / 1000 - here
    const text = `${Math.abs(difference / 1000).toFixed(1)} s ${difference < 0 ? 'behind' : 'ahead of'} this machine`
    if (Math.abs(difference) < clockTolerance) return [ok('clock', `the clock of the server is ${text}`)]
    const advice = 'check the time service (NTP). Counts stay exact; created timestamps differ'
    return [warn('clock', `the clock of the server is ${text}`, advice)]
  } catch {
    // The check of the permissions reports it.
    return []
  }
}

/** The oldest version that promhive supports. */
const oldest = 5

function server(info: ServerInfo): Finding[] {
  const version = info.get('redis_version')
  if (version === undefined) return []
  const valkey = info.get('valkey_version')
  const role = info.get('role') ?? 'master'
  const replicas = info.get('connected_slaves') ?? '0'
  const text = `${valkey === undefined ? `Redis ${version}` : `Valkey ${valkey}`}, ${role}, ${replicas} replicas, up ${info.get('uptime_in_seconds') ?? '?'} s`
  const findings: Finding[] = []
  if (Number.parseInt(version, 10) < oldest)
    findings.push(fail('server', text, `promhive needs Redis ${oldest} or later`))
  else if (role !== 'master') {
    findings.push(fail('server', text, 'a replica takes no counts: name the primary, or use Sentinel'))
  } else findings.push(ok('server', text))
  if (info.get('loading') === '1') {
    findings.push(warn('server', 'it is loading its data from disk', 'counts are sent when it is ready'))
  }
  if (info.get('cluster_enabled') === '1') {
    findings.push(ok('cluster', 'this is a node of a cluster: a service is on the node that its prefix belongs to'))
  }
  return findings
}

const eviction =
  'CONFIG SET maxmemory-policy noeviction: evicted keys are lost totals. Or give promhive a server of its own'

function memory(info: ServerInfo): Finding[] {
  const used = Number(info.get('used_memory'))
  if (!Number.isFinite(used)) return []
  const limit = Number(info.get('maxmemory') ?? 0)
  const policy = info.get('maxmemory_policy') ?? 'unknown'
  const evicted = Number(info.get('evicted_keys') ?? 0)
  const text = `${mebibytes(used)} used of ${limit === 0 ? 'no limit' : mebibytes(limit)}, policy ${policy}`
  const findings: Finding[] = []
  if (limit > 0 && policy !== 'noeviction') findings.push(fail('memory', text, eviction))
  else if (limit > 0 && used > 0.9 * limit) {
    findings.push(warn('memory', text, 'raise maxmemory: a full server refuses counts (OOM)'))
  } else if (limit === 0 && policy !== 'noeviction' && policy !== 'unknown') {
    findings.push(warn('memory', text, eviction))
  } else findings.push(ok('memory', text))
  if (evicted > 0) findings.push(warn('memory', `${evicted} keys were evicted since the server started`, eviction))
  return findings
}

async function persistence(info: ServerInfo, send: Send): Promise<Finding[]> {
  if (!info.has('aof_enabled')) return []
  const findings: Finding[] = []
  if (info.get('aof_last_write_status') === 'err' || info.get('rdb_last_bgsave_status') === 'err') {
    findings.push(fail('persistence', 'the last write to disk failed', 'look at the disk and the log of the server'))
  }
  if (info.get('aof_enabled') === '1') return [...findings, ok('persistence', 'append-only file')]
  const save = await configured(send, 'save')
  const advice = 'appendonly yes: without it the totals of dead processes are lost when the server restarts'
  if (save === '') return [...findings, warn('persistence', 'none', advice)]
  const text = save === undefined ? 'no append-only file' : `snapshots (save ${save}), no append-only file`
  return [...findings, warn('persistence', text, advice)]
}

/** Managed servers and ACL users may not have CONFIG. */
async function configured(send: Send, name: string): Promise<string | undefined> {
  try {
    const reply = (await send('CONFIG', 'GET', name)) as unknown
    return Array.isArray(reply) ? (reply[1] as string) : (reply as Record<string, string> | undefined)?.[name]
  } catch {
    return undefined
  }
}

export function mebibytes(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`
}
