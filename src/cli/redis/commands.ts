import { MetricsError } from '../../model/errors.js'
import { openClient } from '../../redis-client/own-client.js'
import type { RedisPlace } from '../../redis-client/place.js'

/** Sends one command; rejects with the error of the server. */
export type Send = (...words: readonly string[]) => Promise<unknown>

/** The part of `ioredis` that is used. */
interface IoRedis {
  call(command: string, ...words: string[]): Promise<unknown>
}

/** The part of `redis` that is used. */
interface NodeRedis {
  sendCommand(words: readonly string[]): Promise<unknown>
}

/** A connection to one server, for commands of which promhive's scripts make no use. */
export interface CommandConnection {
  readonly send: Send
  close(): void
}

/** @param patience milliseconds until a server that gives no answer is given up */
export async function openCommands(place: RedisPlace, patience: number): Promise<CommandConnection> {
  const { client, destroy } = await openClient(place, patience)
  return { send: sendOver(client), close: destroy }
}

function sendOver(client: object): Send {
  if (typeof (client as Partial<IoRedis>).call === 'function') {
    return (command, ...words) => (client as IoRedis).call(command!, ...words)
  }
  if (typeof (client as Partial<NodeRedis>).sendCommand === 'function') {
    return (...words) => (client as NodeRedis).sendCommand(words)
  }
  throw new MetricsError('OPTION_INVALID', 'the client of Redis cannot send commands')
}

/** `INFO`, or another list of `name:value` lines, as a table. */
export function infoFrom(text: unknown): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const line of String(text).split(/\r?\n/)) {
    const at = line.indexOf(':')
    if (at > 0 && !line.startsWith('#')) found.set(line.slice(0, at), line.slice(at + 1))
  }
  return found
}
