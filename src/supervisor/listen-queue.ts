import { readdirSync, readlinkSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { isInProc, procPath } from '../platform/proc.js'

/** A port that workers listen on, as node:cluster reports it. */
export interface ListenAddress {
  /** The address; null for all addresses of this machine. */
  readonly host: string | null
  readonly port: number
}

/** A line of `/proc/net/tcp`. */
interface TcpLine {
  readonly host: string
  readonly port: string
  readonly state: string
  readonly waiting: number
  readonly inode: string
}

const established = '01'
const listening = '0A'

/**
 * Returns how many clients at each address wait for a worker: those in the kernel's queue, and those that the
 * supervisor has accepted but not passed to a worker yet, because node:cluster accepts for all. Undefined without
 * /proc, or if no process listens.
 */
export async function listenQueues(addresses: readonly ListenAddress[]): Promise<readonly (number | undefined)[]> {
  if (!isInProc('net/tcp') || addresses.length === 0) return addresses.map(() => undefined)
  const hexPorts = addresses.map(({ port }) => port.toString(16).toUpperCase().padStart(4, '0'))
  const lines = [...(await linesOf('tcp', hexPorts)), ...(await linesOf('tcp6', hexPorts))]
  const held = ownSockets()
  return addresses.map(({ host }, i) => {
    const at = lines.filter(({ port }) => port === hexPorts[i])
    const hosts = hexHosts(host)
    const open = at.filter((line) => line.state === listening && hosts.includes(line.host))
    if (open.length === 0) return undefined
    const kept = open.reduce((sum, { waiting }) => sum + waiting, 0)
    return kept + at.filter(({ state, inode }) => state === established && held.has(inode)).length
  })
}

/** Returns the lines of some ports, which may be few of very many. */
async function linesOf(protocol: 'tcp' | 'tcp6', hexPorts: readonly string[]): Promise<TcpLine[]> {
  const line = new RegExp(
    // Fields: the number of the line, local and remote address, state, queues, three fields of timers, the user, a
    // timeout, the inode.
    `^ *\\d+: ([\\dA-F]+):(${hexPorts.join('|')}) \\S+ (\\w\\w) \\w+:(\\w+) \\S+ \\S+ +\\d+ +\\d+ (\\d+)`,
    'gm',
  )
  try {
    const text = await readFile(procPath(`net/${protocol}`), 'latin1')
    return [...text.matchAll(line)].map(([, host, port, state, waiting, inode]) => {
      return { host: host!, port: port!, state: state!, waiting: Number.parseInt(waiting!, 16), inode: inode! }
    })
  } catch {
    // The kernel has no IPv6.
    return []
  }
}

/** Returns the inodes of the open sockets of this process. */
function ownSockets(): ReadonlySet<string> {
  const inodes = new Set<string>()
  for (const file of readdirSync(procPath('self/fd'))) {
    try {
      const [, inode] = /^socket:\[(\d+)\]$/.exec(readlinkSync(procPath(`self/fd/${file}`))) ?? []
      if (inode !== undefined) inodes.add(inode)
    } catch {
      // It was closed meanwhile.
    }
  }
  return inodes
}

const all = ['00000000', '0'.repeat(32)]

/** Returns an address in the kernel's form: words of 32 bits in the byte order of the machine, which is little-endian. */
function hexHosts(host: string | null): readonly string[] {
  if (host === null || host === '::' || host === '0.0.0.0') return all
  if (host.includes(':')) return [hexOf(bytesOfIpv6(host))]
  const bytes = host.split('.').map(Number)
  // A socket of IPv6 that listens for IPv4 as well has a mapped address.
  return [hexOf(bytes), hexOf([...Array<number>(10).fill(0), 255, 255, ...bytes])]
}

function bytesOfIpv6(host: string): number[] {
  const [head = '', tail] = host.split('%')[0]!.split('::')
  const groups = (part: string | undefined): number[] =>
    part ? part.split(':').map((group) => Number.parseInt(group, 16)) : []
  const [first, last] = [groups(head), groups(tail)]
  const between = Array<number>(Math.max(0, 8 - first.length - last.length)).fill(0)
  return [...first, ...between, ...last].flatMap((group) => [group >> 8, group & 255])
}

function hexOf(bytes: readonly number[]): string {
  let hex = ''
  for (let word = 0; word < bytes.length; word += 4) {
    for (let i = 3; i >= 0; i--) hex += (bytes[word + i] ?? 0).toString(16).toUpperCase().padStart(2, '0')
  }
  return hex
}
