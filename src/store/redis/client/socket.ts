import { readFile } from 'node:fs/promises'
import { createConnection, isIP, type Socket } from 'node:net'
import { type ConnectionOptions, connect } from 'node:tls'
import { clearTimeout, setTimeout } from '../../../platform/timers.js'
import { partsOf, type RedisLocation, type RedisTls } from './redis-address.js'

/** The target of a socket, and its encryption. */
export interface SocketOptions {
  readonly host?: string | undefined
  readonly port?: number | undefined
  readonly path?: string | undefined
  readonly family?: number | undefined
  readonly tls?: ConnectionOptions | undefined
}

/** Opens a connection that does not keep the process running. */
export function openSocket({ tls, ...where }: SocketOptions): Socket {
  const definedOptions = Object.fromEntries(
    Object.entries(where).filter(([, value]) => value !== undefined && value !== null),
  )
  const socket = tls === undefined ? createConnection(definedOptions as never) : connect({ ...definedOptions, ...tls })
  return socket.unref()
}

/**
 * Returns the options for `tls.connect`: reads the files, and sets the name of the server (SNI) unless it is an IP
 * address.
 */
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
 * Connects again without sending anything, and returns the error with which the server refuses the connection: `ERR max
 * number of clients reached`, or `DENIED …` of protected mode. A client that writes at once gets a reset instead of the
 * error.
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
