import { openClient } from '../../store/redis/client/own-client.js'
import type { RedisLocation } from '../../store/redis/client/redis-address.js'
import { type RedisSentinels, SentinelRoute } from '../../store/redis/client/sentinels.js'

/** Sends one command; rejects with the error of the server. */
export type Send = (...words: readonly string[]) => Promise<unknown>

/** A connection to one server, for commands that promhive's scripts do not use. */
export interface CommandConnection {
  readonly send: Send
  close(): void
}

/**
 * Connects to a server, or to the master that Sentinel names.
 *
 * @param limit milliseconds until a server that does not answer times out
 */
export async function openCommands(place: RedisLocation | RedisSentinels, limit: number): Promise<CommandConnection> {
  const connection = await ('sentinels' in place
    ? new SentinelRoute(place).open(openClient, limit)
    : openClient(place, limit))
  return { send: (...words) => connection.call(...words), close: () => connection.destroy() }
}

/** Parses `INFO`, or another list of `name:value` lines. */
export function infoFrom(text: unknown): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  for (const line of String(text).split(/\r?\n/)) {
    const at = line.indexOf(':')
    if (at > 0 && !line.startsWith('#')) fields.set(line.slice(0, at), line.slice(at + 1))
  }
  return fields
}
