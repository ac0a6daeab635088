import { readFile } from 'node:fs/promises'
import { createConnection, isIP, type Socket } from 'node:net'
import { type ConnectionOptions, connect } from 'node:tls'
import { clearTimeout, setTimeout } from '../../../platform/timers.js'
import { partsOf, type RedisLocation, type RedisTls } from './redis-address.js'

/** Where a socket leads, and how it is encrypted. */
export interface SocketOptions {
  readonly host?: string | undefined
  readonly port?: number | undefined
  readonly path?: string | undefined
  readonly family?: number | undefined
  readonly tls?: ConnectionOptions | undefined
}

/** A connection that does not keep the process running. */
export function openSocket({ tls, ...where }: SocketOptions): Socket {
  const given = Object.fromEntries(Object.entries(where).filter(([, value]) => value !== undefined && value !== null))
  const socket = tls === undefined ? createConnection(given as never) : connect({ ...given, ...tls })
  return socket.unref()
}

/** What `tls.connect` takes: files are read, and the name of the server is sent (SNI) unless it is an IP address. */
export async function tlsOptionsOf(place: RedisLocation): Promise<ConnectionOptions | undefined> {
  const { tls, ...address } = partsOf(place)
  if (tls === undefined) return undefined
  const { caFile, certFile, keyFile, ...others }: RedisTls = tls
  const { servername = 'host' in address && isIP(address.host) === 0 ? address.host : undefined } = others
  return {
    ...others,
    ...(servername !== undefined && { servername }),
    ...(caFile !== undefined && { ca: await readFile(caFile) }),
    ...(certFile !== undefined && { cert: await readFile(certFile) }),
    ...(keyFile !== undefined && { key: await readFile(keyFile) }),
  }
}

/**
 * Connects once more, says nothing, and returns the error with which the server turns the connection away: `ERR max
 * number of clients reached`, `DENIED …` of protected mode. A client that writes at once loses it to a reset.
 *
 * @param limit milliseconds
 */
export async function refusalOf(place: RedisLocation, limit: number): Promise<string | undefined> {
  const { tls: _, ...where } = partsOf(place)
  const tls = await tlsOptionsOf(place)
  return new Promise((resolve) => {
    const socket = openSocket({ ...where, tls })
    let said = ''
    const end = (): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(/^-([A-Z].*?)\r\n/.exec(said)?.[1])
    }
    const timer = setTimeout(end, limit).unref()
    socket.on('error', end).on('close', end)
    socket.on('data', (chunk) => {
      said += chunk.toString('latin1')
      if (said.includes('\n') || said.length > 4096) end()
    })
  })
}
